"""org.disclosure: security.txt is valid and fresh (RFC 9116), and the policy it names is there.

The rules are written here on their own: the code that makes the file is not asked.
"""

import datetime as dt
import re
from collections import defaultdict
from http import HTTPStatus
from urllib.parse import urlsplit

from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.scene import Scene

PATH = "/.well-known/security.txt"

KNOWN = frozenset({
    "acknowledgments", "canonical", "contact", "csaf", "encryption", "expires", "hiring", "policy",
    "preferred-languages",
})  # fmt: skip
_FIELD = re.compile(r"([!-9;-~]+): (\S.*)")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_RESERVED = re.compile(r"(?:^|[@.])(?:example|invalid|test|localhost|example\.(?:com|net|org))$")

_AT_LEAST, _AT_MOST = dt.timedelta(days=7), dt.timedelta(days=366)
_NEEDED_WORDS = ("Safe harbour", "authorised")


@probe(privilege="none", cost="one request")
async def security_txt(scene: Scene) -> Finding:
    """Read security.txt as a finder of a weakness would, and judge it by the standard."""
    answer = await scene.site.ask("GET", PATH)
    if answer.status != HTTPStatus.OK:
        return judged([f"GET {PATH} answered {answer.status}"])
    kind = answer.one("content-type").replace(" ", "").lower()
    faults = [] if kind == "text/plain;charset=utf-8" else [f"it is sent as {kind}"]
    text = answer.body.decode(errors="replace")
    found, wrong = read(text)
    faults += wrong + faults_of(found, scene.settings.address + PATH, scene.platform.clock.now())
    if not scene.settings.demo:
        faults += [f"nobody reads {one}" for one in found["contact"] if _is_reserved(one)]
    return judged(faults, expires=next(iter(found["expires"]), "never"), contacts=len(found["contact"]))


@probe(privilege="none", cost="two requests")
async def policy(scene: Scene) -> Finding:
    """Follow security.txt to the policy, and look for the safe harbour in it."""
    found, _ = read((await scene.site.ask("GET", PATH)).body.decode(errors="replace"))
    own = [urlsplit(one).path for one in found["policy"] if one.startswith(scene.settings.address + "/")]
    if found["policy"] and not own:
        msg = "The policy lies on another site, which is not ours to fetch."
        raise CannotLookError(msg)
    faults = [] if own else ["security.txt names no policy"]
    for path in own:
        answer = await scene.site.ask("GET", path, {"accept-language": "en"})
        faults += [] if answer.status == HTTPStatus.OK else [f"GET {path} answered {answer.status}"]
        faults += [f"{path} says nothing of: {word}" for word in _NEEDED_WORDS if word not in answer.body.decode()]
    return judged(faults, policies=own)


def read(text: str) -> tuple[dict[str, list[str]], list[str]]:
    """Return the fields of a security.txt by their names, and the lines that are none."""
    found: dict[str, list[str]] = defaultdict(list)
    wrong: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        field = _FIELD.fullmatch(line.rstrip())
        if field is not None:
            found[field[1].lower()].append(field[2])
        elif line.strip() and not line.startswith("#"):
            wrong.append(f"line {number} is no field")
    return found, wrong


def faults_of(found: dict[str, list[str]], address: str, now: dt.datetime) -> list[str]:
    """Return what RFC 9116 finds wrong with these fields of the file at this address."""
    faults = [] if found["contact"] else ["it names no contact"]
    faults += [f"{one} is no contact" for one in found["contact"] if not re.match(r"(mailto|https|tel):\S+$", one)]
    for name in ("canonical", "policy", "encryption", "acknowledgments", "hiring"):
        faults += [f"{name} is not fetched over https" for one in found[name] if not one.startswith("https://")]
    if found["canonical"] and address not in found["canonical"]:
        faults.append("it says that it belongs elsewhere")
    if len(found["preferred-languages"]) > 1:
        faults.append("it names the languages twice")
    languages = [tag for said in found["preferred-languages"] for tag in re.split(r"\s*,\s*", said)]
    faults += [f"{tag} is no language" for tag in languages if not _LANGUAGE.fullmatch(tag)]
    faults += [f"{name} is no field of the standard" for name, said in found.items() if said and name not in KNOWN]
    return faults + _faults_of_expiry(found["expires"], now)


def _faults_of_expiry(said: list[str], now: dt.datetime) -> list[str]:
    if len(said) != 1 or not _INSTANT.fullmatch(said[0]):
        return [f"it says {len(said)} times when it expires, or in no readable way"]
    left = dt.datetime.fromisoformat(said[0]) - now
    if left <= dt.timedelta():
        return [f"it expired on {said[0]}"]
    if left < _AT_LEAST:
        return [f"it expires in {left.days} days, and was not made anew"]
    return [f"it claims to be good until {said[0]}, for more than a year"] if left > _AT_MOST else []


def _is_reserved(contact: str) -> bool:
    host = contact.partition(":")[2].removeprefix("//").split("/")[0]
    return bool(_RESERVED.search(host.partition("@")[2] or host))
