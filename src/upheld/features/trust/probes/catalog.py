"""access.rls, read off the database's own catalog: tables, policies, roles, functions."""

import re
from typing import get_args

from upheld.features.trust import store
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.scene import Scene
from upheld.platform.database import Role

RUNTIME_ROLES: tuple[str, ...] = get_args(Role)
"""The roles that a process of the application, or a person on duty, logs in as."""

PASSES_BY = {"backup": "reads every row as it is stored, for `upheld backup`; no process of the application holds it"}
"""The one role that row security does not hold, and why."""

_EITHER = ("maintenance", "vault")  # one role for each of the two databases

# `( SELECT upheld.current_person() AS current_person)`: evaluated once per statement.
_WRAPPED = re.compile(r"\( SELECT [a-z_]+\.[a-z_]+\([^()]*\) AS [a-z_]+\)")
_CALL = re.compile(r"\b(?:upheld|sealed|queue|keyring)\.(?!clock_now\()[a-z_]+\(")
_CALL_ABOUT_THE_STATEMENT = re.compile(rf"{_CALL.pattern}(?=\))")


@probe(privilege="reads the catalog", cost="two queries")
async def forced(scene: Scene) -> Finding:
    """Read off that row security is on, and forced, on every table our roles could reach."""
    faults: list[str] = []
    counted: dict[str, int] = {}
    for role in _EITHER:
        async with scene.platform.database.transaction(role) as tx:
            known = [*RUNTIME_ROLES, *await store.families(tx)]
            tables = await store.tables(tx, known)
        counted["keyring" if role == "vault" else "data"] = len(tables)
        faults += [fault for table in tables for fault in _faults_of_table(table)]
    return judged(faults, tables=counted)


def _faults_of_table(table: store.Table) -> list[str]:
    if table.kind == "v":
        return [] if table.asks_as_caller else [f"{table.name}: a view that does not ask as its caller"]
    if table.kind in {"m", "f"}:
        return [f"{table.name}: a materialised view or foreign table, which has no row security"]
    faults: list[str] = []
    if not table.enabled:
        faults.append(f"{table.name}: row security is off")
    if not table.forced:
        faults.append(f"{table.name}: row security is not forced on its owner")
    return faults


@probe(privilege="reads the catalog", cost="four queries")
async def policies(scene: Scene) -> Finding:
    """Read off that every table has policies, each for one act and named roles, and none constant."""
    faults: list[str] = []
    counted = 0
    for role in _EITHER:
        async with scene.platform.database.transaction(role) as tx:
            tables = await store.tables(tx, [*RUNTIME_ROLES, *await store.families(tx)])
            found = await store.policies(tx)
        counted += len(found)
        faults += [f"{t.name}: no policy at all" for t in tables if t.kind in {"r", "p"} and not t.policies]
        faults += [fault for policy in found for fault in _faults_of_policy(policy)]
    return judged(faults, policies=counted)


def _faults_of_policy(policy: store.Policy) -> list[str]:
    where = f"{policy.tab}: {policy.name}"
    faults: list[str] = []
    if policy.command == "*":
        faults.append(f"{where} is for every act at once")
    if policy.for_everyone:
        faults.append(f"{where} is for every role")
    names = "|".join(map(re.escape, policy.columns))
    faults += [
        f"{where} says nothing about the row: {expression}"
        for expression in policy.expressions
        if not re.search(rf"\b(?:{names})\b", expression)
    ]
    return faults


@probe(privilege="reads the catalog", cost="two queries")
async def wrapped(scene: Scene) -> Finding:
    """Read off that policies find out who is asking once per statement, not once per row."""
    faults: list[str] = []
    asking = 0
    for role in _EITHER:
        async with scene.platform.database.transaction(role) as tx:
            found = await store.policies(tx)
        for policy in found:
            asking += any("SELECT" in expression for expression in policy.expressions)
            faults += [f"{policy.tab}: {policy.name} calls {call}…) for each row" for call in _bare_calls(policy)]
    return judged(faults, policies_that_ask=asking)


def _bare_calls(policy: store.Policy) -> list[str]:
    """Return what is called once per row.

    Choosing rows, nothing may be: that is a scan of the table at the speed of a function.
    Admitting a row that is written, what is asked about that row may.
    """
    choosing = _CALL.findall(_WRAPPED.sub("", policy.using_said or ""))
    return choosing + _CALL_ABOUT_THE_STATEMENT.findall(_WRAPPED.sub("", policy.check_said or ""))


@probe(privilege="reads the catalog", cost="two queries")
async def roles(scene: Scene) -> Finding:
    """Read off that no role of the application can pass row security by, in any way a role can."""
    faults: list[str] = []
    names: set[str] = set()
    for role in _EITHER:
        async with scene.platform.database.transaction(role) as tx:
            families = await store.families(tx)
            facts = await store.roles(tx, [*RUNTIME_ROLES, *families, *PASSES_BY])
        names |= {fact.name for fact in facts}
        for fact in facts:
            faults += _faults_of_role(fact, runs=fact.name not in families)
    faults += [f"the role {name} does not exist" for name in RUNTIME_ROLES if name not in names]
    return judged(sorted(set(faults)), roles=sorted(names), passes_row_security_by=PASSES_BY)


def _faults_of_role(role: store.RoleFacts, *, runs: bool) -> list[str]:
    said = {
        "is a superuser": role.is_superuser,
        "passes row security by": role.bypasses and role.name not in PASSES_BY,
        "administers the cluster": role.administers,
        "owns tables": role.owns_tables,
        "owns something": runs and role.owns_something,
        f"belongs to {', '.join(role.member_of)}": bool(role.member_of),
        "lends its rights and logs in": role.logs_in and not runs,
    }
    return [f"{role.name} {what}" for what, is_so in said.items() if is_so]


@probe(privilege="reads the catalog", cost="two queries")
async def functions(scene: Scene) -> Finding:
    """Read off that functions that lend rights fix their search path, and lend weak ones, to named roles."""
    faults: list[str] = []
    lending = 0
    for role in _EITHER:
        async with scene.platform.database.transaction(role) as tx:
            found = await store.functions(tx)
        lending += sum(function.lends_rights for function in found)
        faults += [fault for function in found for fault in _faults_of_function(function)]
    return judged(faults, functions_that_lend_rights=lending)


def _faults_of_function(function: store.Function) -> list[str]:
    said = {
        "may be called by everyone": function.open_to_everyone,
        "lends its rights along any search path": function.lends_rights and not function.path_is_fixed,
        f"lends the rights of {function.owner}, which are too strong": function.lends_rights
        and function.owner_is_too_strong,
    }
    return [f"{function.name} {what}" for what, is_so in said.items() if is_so]
