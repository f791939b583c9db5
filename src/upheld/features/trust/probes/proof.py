"""org.proof: what the trust page shows is the last run, as it was signed, and nothing else."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from html import unescape
from http import HTTPStatus
from importlib import resources
from itertools import pairwise
from typing import Any

import msgspec
import rfc8785

from upheld.features.trust import store
from upheld.features.trust.offline import problems_of
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.scene import Scene
from upheld.platform.signatures import is_signed

_RUNS = 50  # how far back the signatures and the chain are followed
_IN_ENGLISH = {"accept-language": "en"}

_SHOWN = re.compile(r'<li id="([a-z]+\.[a-z]+)">\s*<div class="promise-state">\s*<span class="tag[^"]*">([^<]*)</span>')
_COUNTED = re.compile(r'<a href="/trust\?state=[^>]*>([^<]*)<span class="count">(\d+)</span>')
_SUM = re.compile(r"<strong>(\d+) of \d+ promises are upheld")
_WORDS = {
    "upheld": "Upheld", "broken": "Broken", "unproven": "Unproven", "partly": "Partly", "not built": "Not built yet",
}  # fmt: skip
_COUNTED_AS = {**{word: word for word in _WORDS.values()}, "Partly": "Partly shown"}


@probe(privilege="none for the pages; the role `maintenance` for the runs on record", cost="three requests, one query")
async def signed(scene: Scene) -> Finding:
    """Compare the page and its JSON twin with the last run on record, and check signatures and chain."""
    async with scene.platform.database.maintenance() as tx:
        runs = await store.recorded_runs(tx, _RUNS)
    faults = [*_faults_of_record(runs, scene.platform.keys.public_keys())]
    last = runs[0].report if runs else None
    faults += await _faults_of_file(scene, last)
    page = await scene.site.ask("GET", "/trust", _IN_ENGLISH)
    faults += [] if page.status == HTTPStatus.OK else [f"GET /trust answered {page.status}"]
    faults += faults_of_page(page.body.decode(), {} if last is None else _states(last))
    return judged(faults, runs=len(runs), last="none yet" if last is None else last["summary"]["at"])


@probe(privilege="none", cost="three requests")
async def verifier(scene: Scene) -> Finding:
    """Verify the served evidence with the code of the served verifier, under the published key."""
    faults: list[str] = []
    served = await scene.site.ask("GET", "/trust/verify.py")
    own = resources.files("upheld.features.trust").joinpath("offline.py").read_bytes()
    faults += [] if served.body == own else ["/trust/verify.py is not the verifier that belongs to this release"]
    keys = (await scene.site.ask("GET", "/.well-known/upheld-signing-key")).body.decode().split()
    evidence = await scene.site.ask("GET", "/trust.json")
    if evidence.status == HTTPStatus.OK:
        paper = msgspec.json.decode(evidence.body, type=dict[str, Any])
        faults += [f"/trust.json: {problem}" for problem in problems_of(paper)]
        is_ours = paper["summary"]["public_key"] in keys
        faults += [] if is_ours else ["/trust.json is signed with a key that is not published"]
    return judged(faults, verified="no run yet" if evidence.status != HTTPStatus.OK else "the last run")


def faults_of_page(html: str, states: Mapping[str, str]) -> list[str]:
    """Return where a trust page says something else than a run with these states."""
    shown = {name: unescape(said).strip() for name, said in _SHOWN.findall(html)}
    wanted = {name: _said(state) for name, state in states.items()}
    faults = [
        f"{name} is shown as {said}, with no run behind it"
        for name, said in shown.items()
        if _is_claimed(said, name, wanted)
    ]
    faults += [
        f"{name} is shown as {shown.get(name, 'nothing')}, and the run says {said}"
        for name, said in wanted.items()
        if shown.get(name) != said
    ]
    counts = Counter(_COUNTED_AS.get(said.split(",")[0], said) for said in shown.values())
    tabs, sums = _COUNTED.findall(html), [("Upheld", number) for number in _SUM.findall(html)]
    faults += ["the page has a run to show, and does not count"] if states and not (tabs and sums) else []
    return faults + [
        f"{number} are counted as {name}, and {counts[name]} are shown so"
        for name, number in [(unescape(name).strip(), int(number)) for name, number in [*tabs, *sums]]
        if number != counts[name]
    ]


def _is_claimed(said: str, name: str, wanted: Mapping[str, str]) -> bool:
    """Whether a page claims something of a promise that no run has spoken of."""
    return name not in wanted and said not in {_WORDS["unproven"], _WORDS["not built"]}


def _said(state: str) -> str:
    name, comma, count = state.partition(",")
    return _WORDS[name] + comma + count


def _states(report: Mapping[str, Any]) -> dict[str, str]:
    return {promise["id"]: promise["state"] for promise in report["promises"]}


async def _faults_of_file(scene: Scene, last: Mapping[str, Any] | None) -> list[str]:
    answer = await scene.site.ask("GET", "/trust.json")
    if last is None:
        return [] if answer.status == HTTPStatus.NOT_FOUND else ["/trust.json shows a run, and none is on record"]
    if answer.status != HTTPStatus.OK:
        return [f"/trust.json answered {answer.status}, and a run is on record"]
    return [] if msgspec.json.decode(answer.body) == last else ["/trust.json is not the last run on record"]


def _faults_of_record(runs: Sequence[store.StoredRun], keys: Sequence[bytes]) -> list[str]:
    faults = [f"run {run.number} is not as it was signed" for run in runs if not is_signed(run.report, keys)]
    for newer, older in pairwise(runs):
        if newer.report["summary"].get("previous") != hashlib.sha256(rfc8785.dumps(older.report)).hexdigest():
            faults.append(f"run {newer.number} does not follow run {older.number}: one was changed or taken away")
    return faults
