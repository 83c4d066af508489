"""The repository as the architecture tests read it: its tracked files and the syntax trees of its code."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every tracked file that is there, relative to the repository."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    return tuple(Path(name) for name in sorted(listed.stdout.split("\0")) if name and (ROOT / name).is_file())


def texts() -> Iterator[tuple[Path, str]]:
    """Every tracked file that is text, with its content."""
    for path in tracked_files():
        content = (ROOT / path).read_bytes()
        if b"\0" not in content:
            yield path, content.decode("utf-8")


def modules(*rooms: str) -> Iterator[tuple[Path, ast.Module]]:
    """Every tracked Python file under one of the rooms (`service/core`), with its syntax tree."""
    for path in tracked_files():
        if path.suffix == ".py" and any(path.is_relative_to(room) for room in rooms):
            yield path, ast.parse((ROOT / path).read_text("utf-8"), str(path))


def imports(tree: ast.Module) -> Iterator[str]:
    """The dotted name of everything that a module imports, `from a import b` as `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


def calls(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every call's dotted name as it is written, and its line; a call on an expression begins with `…`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield _dotted(node.func), node.lineno


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "…"
