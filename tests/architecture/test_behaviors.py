"""The table of behaviors in `tests/README.md` names, for each number, tests that are there and carry it."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
LATER = {14, 15}
ROW = re.compile(r"^\| T(\d+) \| [^|]+ \| (.+) \|$", re.MULTILINE)


def said_by(test: str) -> str:
    """The name of a test and what it says of itself, its class's words and its file's among them."""
    file, *names = test.split("::")
    tree: ast.Module | ast.ClassDef | ast.FunctionDef = ast.parse((TESTS / file).read_text("utf-8"))
    said = [ast.get_docstring(tree) or ""]
    for name in names:
        kinds = (ast.ClassDef, ast.FunctionDef)
        tree = next(node for node in tree.body if isinstance(node, kinds) and node.name == name)
        said += [name.replace("_", " "), ast.get_docstring(tree) or ""]
    return " ".join(said)


def test_every_number_has_a_test_that_carries_it() -> None:
    rows = {int(number): cell for number, cell in ROW.findall((TESTS / "README.md").read_text("utf-8"))}
    assert sorted(rows) == list(range(1, 53))
    assert {number for number, cell in rows.items() if cell == "\N{EN DASH}"} == LATER
    for number, cell in rows.items():
        for test in re.findall(r"`([^`]+)`", cell):
            assert re.search(rf"\bT{number}\b", said_by(test)), f"{test} does not carry T{number}"
