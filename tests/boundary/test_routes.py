"""Every route, asked by every kind of caller about what belongs to Ada and to Olga's organisation.

`routes.txt` holds what the application answers; `Rule` says, in a few lines and without
looking at the application, who should get through. All three have to agree. After a wanted
change: `UPHELD_GOLDEN=write pytest tests/boundary/test_routes.py`, and read the difference.
`permissions.txt` says who holds which permission and what it opens, in words that can be read aloud.
"""

import os
import re
from collections.abc import AsyncGenerator, Iterable
from enum import Enum
from pathlib import Path

import pytest

from tests.boundary.world import World, peopled
from tests.support.cluster import Cluster
from upheld.features.organisations.model import Permission
from upheld.features.trust.probes.permissions import ACTS
from upheld.main.web import create_router
from upheld.platform.database import RequestTransaction
from upheld.platform.web.cookies import SESSION_COOKIE

pytestmark = pytest.mark.anyio

GOLDEN = Path(__file__).with_name("routes.txt")
PERMISSIONS = Path(__file__).with_name("permissions.txt")
CALLERS = {
    "anonymous": "nobody",
    "candidate": "ada",
    "other-candidate": "ben",
    "owner": "olga",
    "manager": "mona",
    "interviewer": "ivan",
    "owner-before-fair-use": "ines",
    "clerk": "cleo",
    "other-owner": "petra",
    "operator": "olaf",
}
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
SENT = {"word": "no", "then": "draft", "to": "https://evil.example/", "id": "//evil.example", "organisation_id": "x"}


class Rule(Enum):
    """Who gets through a route; everybody else is told that there is nothing, or to sign in."""

    EVERYONE = frozenset(CALLERS)
    SIGNED_IN = frozenset(CALLERS) - {"anonymous"}
    ITS_CANDIDATE = frozenset({"candidate"})
    ITS_MEMBERS = frozenset({"owner", "manager", "interviewer", "owner-before-fair-use", "clerk"})
    ITS_OWNERS = frozenset({"owner", "owner-before-fair-use"})
    OWNERS_OF_THEIR_OWN = frozenset({"owner", "owner-before-fair-use", "other-owner"})
    WHO_POSTS_ITS_JOBS = frozenset({"owner", "manager", "owner-before-fair-use", "clerk"})
    ITS_OWNERS_AND_MANAGERS = frozenset({"owner", "manager", "owner-before-fair-use"})
    WHO_INVITES = frozenset({"owner", "manager", "owner-before-fair-use", "other-owner"})
    WHO_GRANTS_ROLES_THERE = frozenset({"owner", "owner-before-fair-use", "clerk"})
    WHO_GRANTS_ROLES = frozenset({"owner", "owner-before-fair-use", "clerk", "other-owner"})
    WHO_SEES_ITS_CANDIDATES = frozenset({"owner", "manager"})
    PROGRAMS = frozenset[str]()
    WHO_SEES_CANDIDATES_OF_THEIR_OWN = frozenset({"owner", "manager", "other-owner"})


# The first pattern that fits decides. A route that none fits has not been placed.
RULES = (
    (r"/static/.*|/erasure/.*|/api/(jobs.*|openapi\.json)|/jobs(/\{job_id\})?", Rule.EVERYONE),
    (r"/trust(\.json|/.*)?", Rule.EVERYONE),
    (r"/|/about/.*|/outbox|/health(/.*)?|/\.well-known/.*|/sign-in(/with/.*)?|/signed-out|/language", Rule.EVERYONE),
    (r"/sign-in/(second-factor|passkey)(/question)?", Rule.EVERYONE),
    (r"/register(/.*)?|/verify/.*|/first-operator/.*|/reset(/.*)?|/address/.*", Rule.EVERYONE),
    (r"/api/(token|profile|applications.*|hiring/.*)", Rule.PROGRAMS),
    (r"/tokens/\{token_id\}/revoke", Rule.ITS_CANDIDATE),
    (r"/tokens(/new)?", Rule.SIGNED_IN),
    (r"/hiring/applications", Rule.WHO_SEES_CANDIDATES_OF_THEIR_OWN),
    (r"/hiring/applications/.*", Rule.WHO_SEES_ITS_CANDIDATES),
    (r"/hiring/jobs/\{job_id\}(/list)?", Rule.WHO_SEES_ITS_CANDIDATES),
    (r"/hiring/jobs/\{job_id\}/move", Rule.ITS_OWNERS_AND_MANAGERS),
    (r"/hiring/jobs/\{job_id\}/preview", Rule.ITS_MEMBERS),
    (r"/hiring/jobs/\{job_id\}/.*", Rule.WHO_POSTS_ITS_JOBS),
    (r"/documents/\{document_id\}/.*|/applications/\{application_id\}.*", Rule.ITS_CANDIDATE),
    (r"/account/sessions/\{session_id\}/end|/privacy/(consents/\{organisation_id\}/.*)", Rule.ITS_CANDIDATE),
    (r"/documents(/reading)?|/applications|/profile(/.*)?|/privacy(/.*)?|/jobs/\{job_id\}/apply", Rule.SIGNED_IN),
    (r"/hiring/organisation/edit", Rule.SIGNED_IN),
    (r"/account/security/passkeys/\{passkey_id\}/.*", Rule.ITS_CANDIDATE),
    (r"/prove(/passkey(/question)?)?|/account(/.*)?", Rule.SIGNED_IN),
    (r"/invitations/\{token\}(/decline)?", Rule.EVERYONE),
    (r"/invitations/\{token\}/accept", Rule.ITS_CANDIDATE),
    (r"/hiring/organisation/invite", Rule.WHO_INVITES),
    (r"/hiring/organisation/invited/.*", Rule.ITS_OWNERS_AND_MANAGERS),
    (r"/hiring/organisation/members/\{person_id\}/role", Rule.WHO_GRANTS_ROLES_THERE),
    (r"/hiring/organisation/members/\{person_id\}/(remove|own)", Rule.ITS_OWNERS),
    (r"/hiring/organisation/roles/new", Rule.WHO_GRANTS_ROLES),
    (r"/hiring/organisation/roles/\{role_id\}.*", Rule.WHO_GRANTS_ROLES_THERE),
    (r"/hiring/organisation/(sign-in(/lift)?|activity(/table)?)", Rule.OWNERS_OF_THEIR_OWN),
    (r"/hiring/organisation/(members|roles|own)|/organisations/leave", Rule.SIGNED_IN),
    # There is no offer to end: whoever asks is told so.
    (r"/hiring/organisation/members/\{person_id\}/own/end|/organisations/switch", Rule.SIGNED_IN),
    (
        r"/home|/hiring(/fair-use|/jobs/new|/interviews|/organisation)?|/organisations/(new|closed)|/sign-out",
        Rule.SIGNED_IN,
    ),
)


@pytest.fixture(scope="module")
async def world(cluster: Cluster) -> AsyncGenerator[World]:
    """Open one world for every request; each is undone."""
    async with peopled(cluster) as world:
        yield world


async def answers(
    world: World, methods: frozenset[str] | None = None, callers: Iterable[str] = CALLERS
) -> dict[str, dict[str, int]]:
    """Ask every route as every caller; return the statuses by method and path."""
    cookies = {name: browser.cookies[SESSION_COOKIE] for name, browser in world.browsers.items()}
    found: dict[str, dict[str, int]] = {}
    for route in create_router(world.deployment.platform).routes:
        for method in sorted(set(getattr(route, "methods", ())) & (methods or _METHODS)):
            shown = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
            found[f"{method} {shown}"] = {
                caller: await _ask(world, method, shown, cookies.get(CALLERS[caller])) for caller in callers
            }
    return found


async def _ask(world: World, method: str, path: str, cookie: str | None) -> int:
    ids = {
        "job_id": world.ids["job_of_olga"],
        "application_id": world.ids["application_of_ada"],
        "document_id": world.ids["document_of_ada"],
        "passkey_id": world.ids["passkey_of_ada"],
        "session_id": world.ids["session_of_ada"],
        "token_id": world.ids["token_of_ada"],
        "notice_id": world.ids["notice_of_application"],
        "organisation_id": world.ids["org_of_olga"],
        "identity": world.ids["session_of_ada"],  # nobody's
        "invitation_id": world.ids["invitation_of_ada"],
        "token": world.ids["invitation_token"],
        "person_id": world.ids["ivan"],
        "role_id": world.ids["role_of_olga"],
    }
    target = re.sub(r"\{(\w+)\}", lambda name: ids.get(name[1], "0" * 64), path)
    data = SENT if method == "POST" else None
    headers = {"cookie": f"{SESSION_COOKIE}={cookie}"} if cookie else {}
    async with world.deployment.browser() as browser:
        answer = await browser.request(method, target, data=data, headers=headers, follow_redirects=False)
    assert "evil" not in answer.headers.get("location", "")
    # Nothing that may be somebody's is kept by a browser or by what stands in between, refusals included.
    assert path.startswith("/static/") or "no-store" in answer.headers["cache-control"], (method, path)
    leads_to_sign_in = answer.headers.get("location", "").startswith("/sign-in")
    return 401 if leads_to_sign_in else answer.status_code


def written(found: dict[str, dict[str, int]]) -> str:
    """Return the table as it stands in the file."""
    lines = [f"{'':<58}" + " ".join(CALLERS)]
    for route in sorted(found, key=lambda shown: shown.split()[::-1]):
        cells = " ".join(f"{found[route][caller]:<{len(caller)}}" for caller in CALLERS)
        lines.append(f"{route:<58}{cells}".rstrip())
    return "\n".join(lines) + "\n"


async def test_every_route_answers_every_caller_as_written_down(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RequestTransaction, "commit", RequestTransaction.undo)
    found = written(await answers(world))
    if os.environ.get("UPHELD_GOLDEN") == "write":
        GOLDEN.write_text(found)
    assert found == GOLDEN.read_text()


async def test_every_permission_is_whose_it_is_written_to_be_and_opens_what_is_written(world: World) -> None:
    """What somebody may is asked of the database in their context; what it opens, *access.roles.granular* tries."""
    lines: list[str] = []
    for permission in Permission:
        holders = [
            caller for caller, who in CALLERS.items()
            if await world.attack("web", who, f"select 1 where upheld.may('{permission}')") == (None, [(1,)])
        ]  # fmt: skip
        opened = [act.what for act in ACTS if act.needs == permission]
        lines.append(f"{permission} is held by {', '.join(holders)}")
        lines += [f"    and lets them {what}" for what in opened or ["do nothing yet"]]
    found = "\n".join(lines) + "\n"
    if os.environ.get("UPHELD_GOLDEN") == "write":
        PERMISSIONS.write_text(found)
    assert found == PERMISSIONS.read_text()


def test_what_is_written_down_is_what_the_rules_say() -> None:
    wrong: list[str] = []
    for line in GOLDEN.read_text().splitlines()[1:]:
        method, path, *statuses = line.split()
        rule = next((rule for pattern, rule in RULES if re.fullmatch(pattern, path)), None)
        if rule is None:
            wrong.append(f"{method} {path}: nobody has said who gets through")
            continue
        for caller, status in zip(CALLERS, map(int, statuses), strict=True):
            if not _fits(rule, caller, status):
                wrong.append(f"{method} {path} as {caller}: {status}, {rule.name}")
    assert wrong == []


async def test_what_is_safe_to_ask_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page is asked while the database refuses every change but the traces that looking leaves."""
    monkeypatch.setattr(RequestTransaction, "commit", RequestTransaction.undo)
    # What was looked at and by whom, that a session or a program is in use, and how often it was tried.
    traces = ["audit_entries", "access_journal", "sessions", "access_tokens", "limit_counters"]
    administrator = await world.deployment.administrator()
    try:
        tables = await administrator.fetch(
            "select c.oid::regclass::text as name from pg_class as c join pg_namespace as n on n.oid = c.relnamespace"
            " where n.nspname = 'upheld' and c.relkind = 'r' and c.relname <> all($1)",
            traces,
        )
        await administrator.execute(
            "create function public.no_change() returns trigger language plpgsql as"
            " $$ begin raise exception 'a page changed %', tg_table_name; end $$"
        )
        for row in tables:
            await administrator.execute(
                f"create trigger no_change before insert or update or delete on {row['name']}"
                " for each statement execute function public.no_change()"
            )
        found = await answers(world, frozenset({"GET", "HEAD"}), ("candidate", "owner", "operator"))
        assert {route: said for route, said in found.items() if 500 in said.values()} == {}
        assert len(found) > 60
    finally:
        await administrator.execute("drop function public.no_change() cascade")
        await administrator.close()


def _fits(rule: Rule, caller: str, status: int) -> bool:
    if rule is Rule.PROGRAMS:
        return status == 401  # a session opens nothing that is for tokens
    if rule in {Rule.EVERYONE, Rule.SIGNED_IN}:
        # Somebody may ask for what is not there, and is told so; nobody meets a failure of ours.
        return status < 500 and (status == 401) is (caller not in rule.value)
    if caller in rule.value:
        return status < 400 or status in {409, 422}
    if caller == "anonymous":
        return status == 401
    leads_to_fair_use = caller == "owner-before-fair-use" and status == 303
    return status in {403, 404} or leads_to_fair_use
