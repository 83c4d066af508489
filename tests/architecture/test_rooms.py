"""What each room may do, where import-linter's contracts (in pyproject.toml) cannot say it."""

import re
import sys
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
