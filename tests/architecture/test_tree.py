"""What the repository's files look like, whoever wrote them."""

import re

from tests.architecture.sources import ROOT, texts, tracked_files

LONGEST_MODULE = 400
CODE = ("service", "notifiers", "tests")

# Spelled in two halves, so that this file does not hold what it looks for.
INDEX_HOSTS = re.compile("|".join(["py" + r"pi\.org", "python" + r"hosted\.org", "npm" + r"js\.org"]))
MACHINE_PATHS = re.compile(r"(?<![\w.:/*-])/(?:home|Users|root|work)/(?!amanba\b)\w")
UNFINISHED = re.compile(r"\b(?:TO" + "DO|FIX" + "ME|X" + r"XX)\b")


def test_no_module_is_longer_than_a_reader_holds_in_mind() -> None:
    assert [
        f"{path}: {text.count(chr(10))} lines"
        for path, text in texts()
        if path.suffix == ".py" and path.parts[0] in CODE and text.count("\n") > LONGEST_MODULE
    ] == []


def test_modules_are_named_for_what_they_do() -> None:
    empty_names = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
    assert [str(path) for path in tracked_files() if path.suffix == ".py" and path.stem in empty_names] == []


def test_compiled_catalogs_are_made_and_never_tracked() -> None:
    assert [str(path) for path in tracked_files() if path.suffix == ".mo"] == []


def test_nothing_ties_the_project_to_one_package_index() -> None:
    assert _lines_with(INDEX_HOSTS) == []


def test_nothing_names_a_path_of_one_machine() -> None:
    assert _lines_with(MACHINE_PATHS) == []
    assert [str(path) for path, text in texts() if f"{ROOT}/" in text] == []


def test_nothing_is_left_for_later() -> None:
    assert _lines_with(UNFINISHED, suffixes=(".py", ".html", ".css", ".js", ".md", ".sh", ".yaml", ".toml")) == []


def test_every_requirement_is_pinned_by_its_hash() -> None:
    for path in (
        ROOT / "requirements.txt",
        ROOT / "requirements-dev.txt",
        ROOT / "requirements-bootstrap.txt",
    ):
        pins = re.split(r"\n(?=[a-z0-9])", path.read_text("utf-8"))[1:]
        assert pins
        assert [pin.split(" ")[0] for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []


def test_the_tests_are_run_with_the_very_versions_of_the_product() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9._-]+==[^\s;]+", (ROOT / name).read_text("utf-8"), re.MULTILINE))

    assert pins("requirements.txt") - pins("requirements-dev.txt") == set()


def _lines_with(pattern: re.Pattern[str], suffixes: tuple[str, ...] = ()) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()[:100]}"
        for path, text in texts()
        if not suffixes or path.suffix in suffixes
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]
