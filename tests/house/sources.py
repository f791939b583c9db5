"""The sources as these tests see them."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "upheld"

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def shown(path: Path) -> str:
    """Return a path as a finding names it."""
    return str(path.relative_to(ROOT))


def modules(*folders: Path) -> Iterator[tuple[Path, ast.Module]]:
    """Yield every Python module below the folders, parsed."""
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            yield path, ast.parse(path.read_text())


def functions(module: ast.AST) -> Iterator[Function]:
    """Yield every function of a module, nested ones too."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def calls(module: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call with the last part of its name: `commit` for `tx.commit()`."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            name = node.func
            if isinstance(name, ast.Attribute):
                yield name.attr, node
            elif isinstance(name, ast.Name):
                yield name.id, node


def length(node: Function) -> int:
    """Return how many lines a function takes, its docstring and comments included."""
    return (node.end_lineno or node.lineno) - node.lineno + 1
