"""The matrix: what was measured, compared with what `model.py` says, and set out to be read.

`deviations` is what other tests ask: it measures a deployment and names every difference.
"""

from tests.boundary.measuring import Matrix, measured
from tests.boundary.model import ACTS, CONNECTS, FUNCTIONS, LOGINS, OTHER_LOGINS, TABLES, Reach, may, may_name
from tests.boundary.populace import CALLERS, Caller
from tests.support.deployment import Deployment

_KEY = """\
Every table: which columns a login role may name, and which rows each caller reached when it tried.
Rows are named after whose they are: ada@harbour is Ada's, with the organisation Harbour.
An insert or update is named after what was tried (tests/boundary/tries.py). What is not written was refused.
Written by UPHELD_GOLDEN=write pytest tests/boundary/test_matrix.py; compared with tests/boundary/model.py.
"""


async def deviations(deployment: Deployment) -> list[str]:
    """Return every difference between what is and what the model says, each by name; a few seconds."""
    return differences(await measured(deployment))


def differences(found: Matrix) -> list[str]:
    """Compare what was measured with the model."""
    return [*_of_tables(found), *_of_columns(found), *_of_roles(found)]


def _of_tables(found: Matrix) -> list[str]:
    wrong = [f"{table}: nobody has said who may do what to it" for table in found.reach if table not in TABLES]
    wrong += [f"{table}: it is in the model and not in the database" for table in TABLES if table not in found.reach]
    for table, by_caller in found.reach.items():
        for caller in CALLERS:
            for act in ACTS:
                is_so, should = getattr(by_caller[caller.name], act), getattr(may(caller, table), act)
                wrong += [f"{table}, {caller.name}: {act} {name}, and should not" for name in sorted(is_so - should)]
                wrong += [f"{table}, {caller.name}: {act} not {name}, and should" for name in sorted(should - is_so)]
    return wrong


def _of_columns(found: Matrix) -> list[str]:
    wrong: list[str] = []
    for table, by_login in found.columns.items():
        for login, names in by_login.items():
            for act in ("reads", "inserts", "updates"):
                is_so = frozenset(getattr(names, act).split())
                should = may_name(login, table).named(act, found.every[table])
                wrong += [f"{table}, {login}: {act} column {name}, and should not" for name in sorted(is_so - should)]
                wrong += [f"{table}, {login}: {act} column {name} not, and should" for name in sorted(should - is_so)]
    return wrong


def _of_roles(found: Matrix) -> list[str]:
    placed = OTHER_LOGINS | set(LOGINS)
    wrong = [f"{name}: nobody has said what this role, which logs in, may do" for name in sorted(found.logins - placed)]
    for login, names in found.functions.items():
        should = frozenset(FUNCTIONS[login].split())
        wrong += [f"{login} may call {name}, and should not" for name in sorted(names - should)]
        wrong += [f"{login} may not call {name}, and should" for name in sorted(should - names)]
    for database, logins in found.connects.items():
        wrong += [f"{name} connects to the {database}, and should not" for name in sorted(logins - CONNECTS[database])]
        wrong += [f"{name} cannot connect to the {database}" for name in sorted(CONNECTS[database] - logins)]
    return wrong


def written(found: Matrix) -> str:
    """Return the matrix as it stands in the file, to be read aloud."""
    parts = [_KEY, "callers", *(_line(caller.name, _introduced(caller)) for caller in CALLERS)]
    parts += ["", "databases"]
    parts += [_line(name, f"lets in {', '.join(sorted(logins))}") for name, logins in sorted(found.connects.items())]
    for table, by_caller in sorted(found.reach.items()):
        columns = {login: _named(found, table, login) for login in LOGINS}
        reached = {caller.name: _reached(by_caller[caller.name]) for caller in CALLERS}
        parts += ["", table]
        parts += [_line(f"column names, {login}", said) for login, said in columns.items() if said]
        parts += [_line(caller, said) for caller, said in reached.items() if said]
        parts += [_line("everybody else", "nothing")]
    parts += ["", "functions"]
    parts += [_line(login, ", ".join(sorted(names)) or "none") for login, names in sorted(found.functions.items())]
    return "\n".join(parts) + "\n"


def _line(who: str, said: str) -> str:
    return f"    {who:<30}{said}"


def _introduced(caller: Caller) -> str:
    context = f", under the context of {caller.person}'s {caller.duty or 'session'}" if caller.person else ""
    return f"connected as {caller.login}{context}{f', acting as {caller.acts_as}' if caller.acts_as else ''}"


def _named(found: Matrix, table: str, login: str) -> str:
    """Return which columns a login role may name, in words."""
    said: list[str] = []
    for act in ("reads", "inserts", "updates"):
        names = getattr(found.columns[table][login], act).split()
        if names:
            shown = "every column" if len(names) == len(found.every[table]) else " ".join(sorted(names))
            said.append(f"{act} {shown}")
    return "; ".join(said)


def _reached(reach: Reach) -> str:
    """Return what a caller reaches, in words."""
    acts = {act: sorted(getattr(reach, act)) for act in ACTS}
    return "; ".join(f"{act} {', '.join(names)}" for act, names in acts.items() if names)
