"""Which passport gives the right to work where."""

import pytest

from service.directory.work_visa import Rule, read_rules, work_visa

HEAD = "citizen,host,rule,source,checked"
UNION = ("AM", "BY", "KG", "KZ", "RU")


def test_E10_within_the_union_no_permit_is_needed_and_elsewhere_nothing_is_known() -> None:
    for citizen in UNION:
        for host in UNION:
            rule = work_visa(citizen, host)
            assert (rule is not None and rule.rule is Rule.FREE) == (citizen != host)
    for host in ("TR", "AE", "KR", "TH", "DE", "PL", "US"):
        assert work_visa("KZ", host) is None
    assert work_visa("UZ", "RU") is None, "no member of the union"


def test_each_rule_says_who_says_so_and_when() -> None:
    rule = work_visa("KZ", "RU")
    assert rule is not None
    assert ("article 97" in rule.source, rule.checked.year) == (True, 2026)


@pytest.mark.parametrize(
    "row",
    ["KZ,RU,free,,2026-11-23", "KZ,RU,free,Treaty,", "KZ,RU,perhaps,Treaty,2026-11-23", "KZ,KZ,free,Treaty,2026-11-23"],
)
def test_a_rule_without_a_source_or_a_date_is_refused(row: str) -> None:
    with pytest.raises(ValueError, match=r"no source|perhaps|own country|isoformat"):
        read_rules([HEAD, row])
