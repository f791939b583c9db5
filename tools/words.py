"""Extraction: every string that people see, collected into `src/upheld/locale/upheld.pot`.

Four places hold them: templates (pages and mails), `mark(…)`, `words(…)` and `Check(…)` in Python, the
docstrings of errors, which are their messages, and the comments on tables, which the data map
shows. The file holds no dates and no line numbers, so it changes when the words do, and otherwise not.

    python -m tools.words            write it
    python -m tools.words --check    exit 1 when it is not what a fresh extraction gives
"""

import ast
import inspect
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

SOURCE = Path("src/upheld")
TEMPLATE = SOURCE / "locale" / "upheld.pot"

_KEYWORDS = {
    "_": None, "gettext": None, "ngettext": (1, 2), "mark": None, "words": None, "plural": (1, 2),
    "Check": (2,),  # what a check of a promise shows
}  # fmt: skip
_METHODS = [("**/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2"), ("**.py", "python")]
# A template that cannot be read is an error here, not an omission.
_OPTIONS = {f"**/templates/**.{kind}": {"trimmed": "true", "silent": "false"} for kind in ("html", "txt")}
_CHURN = tuple(f'"{name}' for name in ("POT-", "PO-", "Last-", "Language-Team", "Report-", "Generated-By"))


def extract() -> str:
    """Return the catalogue of a fresh extraction."""
    catalog = Catalog(project="Upheld", version="0", header_comment="# Every string of Upheld.", fuzzy=False)
    found = extract_from_dir(SOURCE, _METHODS, _OPTIONS, keywords=_KEYWORDS)
    for file, _, message, comments, context in found:
        catalog.add(message, locations=[(file, 0)], auto_comments=comments, context=context)
    for file, message in (*error_messages(), *table_comments()):
        catalog.add(message, locations=[(file, 0)])
    written = io.BytesIO()
    write_po(written, catalog, sort_output=True, include_lineno=False, width=110)
    return "".join(
        line for line in written.getvalue().decode().splitlines(keepends=True) if not line.startswith(_CHURN)
    )


def error_messages(source: Path = SOURCE) -> Iterator[tuple[str, str]]:
    """Yield file and default message of every class that descends from `UpheldError`."""
    classes = {
        node.name: (str(path.relative_to(source)), node)
        for path in sorted(source.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    }
    for name, (file, node) in classes.items():
        said = ast.get_docstring(node, clean=False)
        if said and _descends(name, {key: value[1] for key, value in classes.items()}):
            yield file, inspect.cleandoc(said)


def table_comments(source: Path = SOURCE) -> Iterator[tuple[str, str]]:
    """Yield file and text of every comment on a table."""
    for path in sorted((*source.glob("database/schema/*.sql"), *source.glob("database/keyring/*.sql"))):
        for said in re.findall(r"^comment on table \S+ is '((?:[^']|'')*)';", path.read_text(), re.MULTILINE):
            yield str(path.relative_to(source)), said.replace("''", "'")


def _descends(name: str, classes: dict[str, ast.ClassDef]) -> bool:
    if name == "UpheldError":
        return True
    bases = [base.id for base in classes[name].bases if isinstance(base, ast.Name)] if name in classes else []
    return any(_descends(base, classes) for base in bases)


def main(arguments: list[str]) -> int:
    """Write or check the file; return the exit code."""
    fresh = extract()
    if "--check" not in arguments:
        TEMPLATE.parent.mkdir(exist_ok=True)
        TEMPLATE.write_text(fresh)
        return 0
    if TEMPLATE.exists() and TEMPLATE.read_text() == fresh:
        return 0
    sys.stderr.write(f"{TEMPLATE} is not what the sources say. Run `make words` and commit it.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
