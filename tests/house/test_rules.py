"""Rules about the code that no linter knows; each names what to do instead."""

import ast
import re

from tests.house.sources import ROOT, SOURCE, calls, functions, length, modules, shown

LONGEST_MODULE, LONGEST_TEST_MODULE, LONGEST_FUNCTION = 400, 500, 50

# Where a transaction begins and ends, and where the schema is made: nowhere else.
DOORS = {"src/upheld/platform/database.py", "src/upheld/platform/web/visits.py"}
# Databases, roles and tables have names, which SQL cannot bind; every such statement is written here.
NAMING = {"src/upheld/platform/naming.py"}
# Probes attack a deployment as a stranger would, on connections of their own.
ATTACKS = SOURCE / "features" / "trust" / "probes"
RAW_SQL = {"execute", "executemany", "fetch", "fetchrow", "fetchval", "cursor", "prepare", "copy_from_query"}
STATEMENT = re.compile(
    r"\s*(select|with|insert into|update|delete from|create|alter|drop|grant|revoke|truncate|call|copy|set) "
)


def test_no_module_and_no_function_outgrows_its_budget() -> None:
    breaches: list[str] = []
    for path, module in modules(SOURCE, ROOT / "tests", ROOT / "tools"):
        budget = LONGEST_TEST_MODULE if "tests" in path.parts else LONGEST_MODULE
        lines = len(path.read_text().splitlines())
        if lines > budget:
            breaches.append(f"{shown(path)} has {lines} lines; split it, {budget} is the end")
        breaches += [
            f"{shown(path)}:{node.lineno} {node.name} has {length(node)} lines"
            for node in functions(module)
            if length(node) > LONGEST_FUNCTION
        ]
    assert breaches == []


def test_nothing_but_the_door_ends_a_transaction() -> None:
    breaches = [
        f"{shown(path)}:{call.lineno} calls {name}; the block that opened the transaction ends it"
        for path, module in modules(SOURCE)
        for name, call in calls(module)
        if name in {"commit", "rollback"} and shown(path) not in DOORS and ATTACKS not in path.parents
    ]
    assert breaches == []


def test_no_setting_outlives_its_transaction() -> None:
    """A session-level setting reaches whoever gets the connection next."""
    lasting = re.compile(r"(?im)set_config\s*\([^;]*?,\s*false\s*\)|^\s*set\s+(session\s+)?upheld\.")
    breaches = [
        f"{shown(path)}: {found[0]!r}; the third argument of set_config is always true"
        for path in sorted(SOURCE.rglob("*"))
        if path.suffix in {".py", ".sql"} and ATTACKS not in path.parents
        for found in lasting.finditer(path.read_text())
    ]
    assert breaches == []


def test_no_text_is_pasted_into_sql() -> None:
    """Values are bound; a statement that needs a name is written in one place, wherever it is run."""
    breaches = [
        f"{shown(path)}:{line} builds SQL from text; name a query in store.sql and bind its values"
        for path, module in modules(SOURCE)
        if shown(path) not in NAMING and ATTACKS not in path.parents
        for line in sorted(_pasted(module))
    ]
    assert breaches == []


def test_the_rule_against_pasting_sees_each_way_of_doing_it() -> None:
    ways = (
        'tx.execute(f"{verb} users")',
        'tx.fetch("select " + column)',
        'tx.cursor("select %s" % column)',
        'tx.fetchval("select {}".format(column))',
        'statement = f"select {column} from users"',
    )
    assert [_pasted(ast.parse(way)) for way in ways] == [{1}] * len(ways)
    assert _pasted(ast.parse('tx.fetch("select name from users where id = $1", person)')) == set()


def test_only_the_command_line_prints_or_exits() -> None:
    breaches = [
        f"{shown(path)}:{call.lineno} calls {name}"
        for path, module in modules(SOURCE)
        if "main" not in path.parts and path.name != "offline.py"  # a program of its own, which the site hands out
        for name, call in calls(module)
        if name in {"print", "exit", "_exit"}
    ]
    assert breaches == []


def test_nothing_waits_for_a_later_day() -> None:
    """A mark of unfinished work names the issue that finishes it."""
    unfinished = re.compile(r"\b(TO" + r"DO(?!\(#\d+\))|FIX" + r"ME|XX" + r"X)\b")
    breaches = [
        f"{shown(path)}: {found[0]}"
        for folder in (SOURCE, ROOT / "tests", ROOT / "tools")
        for path in sorted(folder.rglob("*"))
        if path.suffix in {".py", ".sql", ".html", ".css", ".sh"}
        for found in unfinished.finditer(path.read_text())
    ]
    assert breaches == []


def _pasted(module: ast.Module) -> set[int]:
    """Return the lines where a statement is built and run, or begins in a text with values in it."""
    run = {call.lineno for name, call in calls(module) if name in RAW_SQL and call.args and _is_built(call.args[0])}
    begun = {
        node.lineno
        for node in ast.walk(module)
        if isinstance(node, ast.JoinedStr)
        and _is_built(node)
        and isinstance(node.values[0], ast.Constant)
        and STATEMENT.match(str(node.values[0].value))
    }
    return run | begun


def _is_built(argument: ast.expr) -> bool:
    if isinstance(argument, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in argument.values)
    if isinstance(argument, ast.BinOp):
        return isinstance(argument.op, ast.Add | ast.Mod)
    return (
        isinstance(argument, ast.Call) and isinstance(argument.func, ast.Attribute) and argument.func.attr == "format"
    )
