"""The table in `service/ADVICE.md` has every sentence of the advice, and tests that are there."""

import re
from pathlib import Path

from tests.architecture.test_behaviors import TESTS, said_by

TABLE = TESTS.parent / "service" / "ADVICE.md"
ROW = re.compile(r"^\| ([EN]\d+) \| [^|]+ \| [^|]+ \| (.+) \|$", re.MULTILINE)


def test_every_sentence_has_a_row_and_a_test() -> None:
    rows = dict(ROW.findall(Path(TABLE).read_text("utf-8")))
    assert list(rows) == [*(f"E{n}" for n in range(1, 23)), *(f"N{n}" for n in range(1, 18))]
    for number, cell in rows.items():
        tests = re.findall(r"`([^`]+)`", cell)
        assert tests, number
        assert all(said_by(test) for test in tests), number
