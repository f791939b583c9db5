#!/usr/bin/env bash
# Every check, the fastest first; the last starts a database of its own. Stops at the first finding.
set -euo pipefail
bin=.venv/bin

say() { printf '%-14s%s\n' "$1" "$2"; }
quietly() { # Shows what a command said only when it failed.
    local said
    said=$("$@" 2>&1) || { printf '%s\n' "$said"; exit 1; }
}

say format "ruff"
quietly $bin/ruff format --check .
say lint "ruff, every rule but those whose reason for being off stands in pyproject.toml"
$bin/ruff check --quiet .
say lock "uv.lock is what pyproject.toml asks for"
"$UV" lock --check --quiet
say advisories "OSV: nothing is known against what the locks pin"
asked=0
$bin/python -m tools.advisories || asked=$?
[ "$asked" -eq 0 ] || [ "$asked" -eq 2 ] || exit "$asked"
say architecture "import-linter: floors, ladder, front doors, no cycles"
quietly $bin/lint-imports --no-logo
say words "every string that people see is in upheld.pot"
$bin/python -m tools.words --check
say SQL "sqlfluff, PostgreSQL"
quietly $bin/sqlfluff lint --disable-progress-bar src/upheld
say types "pyright, strict"
quietly $bin/pyright
say islands "tsc, strict, and their tests"
quietly node_modules/.bin/tsc --project .
(. tools/node.sh && quietly node --test "islands/**/*.test.ts")
say catalog "every policy, grant and function, as the server's own catalog has them"
$bin/python -m tools.catalog
[ "$asked" -eq 0 ] || { echo "Nothing found, and UNPROVEN whether anything is known against the packages (above)."; exit 0; }
echo "Nothing found."
