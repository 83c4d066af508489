"""What each room may do, where import-linter's contracts (in pyproject.toml) cannot say it."""

import ast
import re
import sys
from collections.abc import Collection
from pathlib import PurePath

import pytest

from tests.architecture.sources import calls, imports, modules

# What reaches outside a function's arguments: files, processes, the network, the clock, chance.
IMPURE = {
    *("asyncio", "concurrent", "multiprocessing", "threading", "subprocess", "signal", "ctypes"),
    *("io", "os", "pathlib", "shutil", "tempfile", "sqlite3", "logging", "sys", "platform", "locale"),
    *("socket", "ssl", "select", "selectors", "urllib", "http", "smtplib", "email"),
    *("random", "secrets", "time"),
}
PURE_PARTS_OF_IMPURE = ("urllib.parse.",)


def test_core_imports_only_the_pure_part_of_the_standard_library() -> None:
    def allowed(name: str) -> bool:
        top = name.split(".")[0]
        if name.startswith((".", "service.core.", *PURE_PARTS_OF_IMPURE)):
            return True
        return top in sys.stdlib_module_names and top not in IMPURE

    assert [
        f"{path} imports {name}"
        for path, tree in modules("service/core")
        for name in imports(tree)
        if not allowed(name)
    ] == []


def test_core_neither_opens_files_nor_draws_ids() -> None:
    impure = re.compile(r"open|input|print|(uuid\.)?uuid[14]")
    assert [
        f"{path}:{line} calls {name}"
        for path, tree in modules("service/core")
        for name, line in calls(tree)
        if impure.fullmatch(name)
    ] == []


def test_only_the_transaction_module_commits() -> None:
    assert [
        f"{path}:{line} calls {name}"
        for path, tree in modules("service", "notifiers")
        for name, line in calls(tree)
        if name.endswith(".commit") and path != PurePath("service/db/tx.py")
    ] == []


def test_every_transaction_of_the_engine_names_its_act() -> None:
    """Only so does the crash suite die at it, and an engine without footing know what it must leave."""
    trees = {path.with_suffix("").as_posix().replace("/", "."): tree for path, tree in modules("service")}
    known = {name: {found for one in imports(tree) if (found := _module(one, trees))} for name, tree in trees.items()}
    engine, to_do = set[str](), ["service.worker", "service.lookout"]
    while to_do:
        name = to_do.pop()
        if name not in engine:
            engine.add(name)
            to_do += known[name]
    by_people = {one for name in trees if name.startswith("service.web.") for one in known[name]}
    unnamed = [
        f"{name}:{call.lineno} runs a transaction without an act"
        for name in sorted(engine - by_people)
        for call in ast.walk(trees[name])
        if isinstance(call, ast.Call) and re.search(r"service\.run$", ast.unparse(call.func)) and len(call.args) < 2
    ]
    assert {"service.usecases.sweep", "service.usecases.stall"} <= engine - by_people
    assert unnamed == []


def _module(imported: str, known: Collection[str]) -> str | None:
    """The module that `from a import b` names: `a.b` or `a`."""
    return next((name for name in (imported, imported.rpartition(".")[0]) if name in known), None)


def test_only_the_clock_reads_the_clock() -> None:
    reads = re.compile(r"(.*\.)?(datetime\.(now|utcnow|today)|date\.today|time\.time(_ns)?)|func\.now")
    assert [
        f"{path}:{line} calls {name}"
        for path, tree in modules("service", "notifiers")
        for name, line in calls(tree)
        if reads.fullmatch(name) and path != PurePath("service/clock.py")
    ] == []


@pytest.mark.parametrize("name", ["time", "time_ns"])
def test_nothing_takes_the_clock_by_another_name(name: str) -> None:
    assert [
        str(path)
        for path, tree in modules("service", "notifiers")
        if f"time.{name}" in imports(tree) and path != PurePath("service/clock.py")
    ] == []


def test_twilio_is_known_to_its_notifiers_and_its_hook_only() -> None:
    at_home = re.compile(r"notifiers/twilio_\w+\.py|service/web/hooks(/\w+)?\.py")
    assert [
        f"{path} imports {name}"
        for path, tree in modules("service", "notifiers")
        for name in imports(tree)
        if name.split(".")[0] == "twilio" and not at_home.fullmatch(path.as_posix())
    ] == []


def test_tests_neither_patch_insides_nor_sleep() -> None:
    forbidden_import = re.compile(r"(unittest\.)?mock(\..*)?|unittest\.mock.*|time\.sleep")
    assert [
        f"{path} imports {name}"
        for path, tree in modules("tests")
        for name in imports(tree)
        if forbidden_import.fullmatch(name)
    ] == []
    assert [
        f"{path}:{line} calls {name}"
        for path, tree in modules("tests")
        for name, line in calls(tree)
        if name == "time.sleep"
    ] == []
