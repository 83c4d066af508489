"""The check of the checks: a core with one wrong rule, and the test named for it fails.

The core is copied with the tests that look at it; nothing of the working tree is touched.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT
from tests.core.mutations import MUTATIONS, Mutation

PASSED, FAILED = 0, 1

Run = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def run_tests() -> Iterator[Run]:
    """Runs tests of a tree in a process of their own, and gives its exit code and output."""
    # Without the plugins of the whole suite, which take longer to load than the test to run.
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST"):
        environment.pop(name, None)
    command = [sys.executable, str(Path(__file__).with_name("forking_pytest.py"))]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as forking:
        assert forking.stdin is not None
        assert forking.stdout is not None
        questions, answers = forking.stdin, forking.stdout

        def run(folder: Path, *tests: str) -> tuple[int, str]:
            ids = [f"tests/core/{test}" for test in tests]
            print(json.dumps({"folder": str(folder), "tests": ids}), file=questions, flush=True)
            answer = json.loads(answers.readline())
            return answer["code"], answer["output"]

        yield run


@pytest.fixture
def core(tmp_path: Path) -> Path:
    """A tree that holds `service/core` and the tests of the switch, and nothing else of ours."""
    ignored = shutil.ignore_patterns("__pycache__", "vocabulary", "conftest.py")
    for package in ("service", "tests"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
        shutil.copytree(ROOT / package / "core", tmp_path / package / "core", ignore=ignored)
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n", "utf-8")
    return tmp_path


def break_rule(core: Path, mutation: Mutation) -> None:
    path = core / "service/core" / mutation.file
    text = path.read_text("utf-8")
    found = text.count(mutation.old)
    if found != 1:
        pytest.fail(
            f"mutation {mutation.name!r}: its old text occurs {found} times in service/core/{mutation.file}, not once. "
            "Was the rule rewritten? Then rewrite the mutation in tests/core/mutations.py."
        )
    path.write_text(text.replace(mutation.old, mutation.new), "utf-8")


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name.replace(" ", "-"))
def test_a_wrong_rule_is_noticed(core: Path, run_tests: Run, mutation: Mutation) -> None:
    break_rule(core, mutation)
    code, output = run_tests(core, mutation.test)
    assert code == FAILED, f"{mutation.test} did not notice:\n{output}"
    # The rule made it fail, not a slip of the mutation.
    assert str(core) in output
    assert not {"SyntaxError", "NameError", "IndentationError"} & set(output.replace(":", " ").split())


def test_with_the_rules_as_they_are_the_same_tests_pass(core: Path, run_tests: Run) -> None:
    code, output = run_tests(core, *sorted({mutation.test for mutation in MUTATIONS}))
    assert code == PASSED, output


def test_the_readme_lists_them_all() -> None:
    rows = [line for line in (ROOT / "tests/README.md").read_text("utf-8").splitlines() if line.endswith("` |")]
    listed = [row for row in rows if "` | `test_" in row]
    assert listed == [f"| {m.name} | `{m.file}` | `{m.test}` |" for m in MUTATIONS]
