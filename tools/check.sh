#!/usr/bin/env bash
# Every check that needs no database, the fastest first. Stops at the first finding.
set -euo pipefail
bin=.venv/bin

say() { printf '%-14s%s\n' "$1" "$2"; }

say format "ruff"
$bin/ruff format --quiet --check .
say lint "ruff, every rule but those whose reason for being off stands in pyproject.toml"
$bin/ruff check --quiet .
say lock "uv.lock is what pyproject.toml asks for"
"$UV" lock --check --quiet
say architecture "import-linter: floors, ladder, front doors, no cycles"
$bin/lint-imports >.tools/architecture || { cat .tools/architecture; exit 1; }
say words "every string that people see is in upheld.pot"
$bin/python -m tools.words --check
say SQL "sqlfluff, PostgreSQL"
$bin/sqlfluff lint --disable-progress-bar --nofail src/upheld >/dev/null && $bin/sqlfluff lint --disable-progress-bar src/upheld
say types "pyright, strict"
$bin/pyright >.tools/types || { cat .tools/types; exit 1; }
echo "Nothing found."
