"""`/trip/plan`: the times of a trip as they are typed, shown, corrected and stored."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, time, timedelta

from service.app import create_app
from service.core.plan import Plan
from service.usecases.context import Limits
from tests.client import Client
from tests.easy import one_database
from tests.web.api_world import AIZHAN, NOW
from tests.web.form_world import FormWorld, errors_of, forms, forms_once, shown
from tests.web.hostile import HOSTILE

__all__ = ["forms", "forms_once"]

PAGE = "/trip/plan"
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
EVENING: dict[str, str | list[str]] = {
    "rhythm": "daily",
    "daily[0].time": "20:00",
    "daily[0].weekdays": DAYS,
    "grace_seconds": "3600",
    "remind_before_seconds": "1800",
    "max_weak": "3",
}
FIELDS = (
    *("rhythm", "daily[0].time", "daily[0].weekdays", "every", "every_hours", "once[0].date", "once[0].time"),
    *("quiet[0].from_date", "quiet[0].from_time", "quiet[0].to_date", "quiet[0].to_time"),
    *("grace_seconds", "remind_before_seconds", "max_weak"),
)


def planning(forms: FormWorld) -> str:
    """She has signed in, and planned where she goes."""
    forms.sign_in()
    trip = forms.trip()
    forms.wait(minutes=2)
    forms.enter(AIZHAN)
    return trip


def plan(forms: FormWorld, trip: str) -> Plan:
    found = forms.state(trip).plan
    assert found is not None
    return found


class TestStoring:
    @one_database
    def test_times_of_the_day_on_days_of_the_week(self, forms: FormWorld) -> None:
        trip = planning(forms)
        answer = forms.send(
            PAGE,
            {
                **EVENING,
                "daily[3].time": "8.30",
                "daily[3].weekdays": ["MO", "FR"],
                "grace_seconds": "900",
                "max_weak": "5",
                "once[0].date": "2026-12-03",
                "once[0].time": "14:30",
                "quiet[1].from_date": "06.12.2026",
                "quiet[1].from_time": "10:00",
                "quiet[1].to_date": "2026-12-07",
                "quiet[1].to_time": "09:00",
            },
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/trip/people")
        stored = plan(forms, trip)
        assert [(due.at, sorted(due.weekdays)) for due in stored.daily] == [
            (time(20), list(range(7))),
            (time(8, 30), [0, 4]),
        ]
        assert (stored.grace, stored.max_weak) == (timedelta(minutes=15), 5)
        # Antalya's clock is three hours ahead of UTC.
        assert stored.once == (datetime.fromisoformat("2026-12-03T11:30+00:00"),)
        assert stored.quiet[0].starts_at == datetime.fromisoformat("2026-12-06T07:00+00:00")

        again = forms.open(PAGE).text
        for value in ('value="20:00"', 'value="08:30"', 'value="2026-12-03"', 'value="14:30"', 'value="2026-12-07"'):
            assert value in again

    def test_every_so_many_hours(self, forms_once: FormWorld) -> None:
        trip = planning(forms_once)
        assert forms_once.send(PAGE, {"rhythm": "every", "every": "36"}).status_code == 303
        assert plan(forms_once, trip).every == timedelta(hours=36)
        assert forms_once.send(PAGE, {"rhythm": "every", "every": "own", "every_hours": "30,5"}).status_code == 303
        assert plan(forms_once, trip).every == timedelta(hours=30, minutes=30)
        forms_once.open(PAGE)
        assert 'value="30.5"' in forms_once.open(PAGE).text

    def test_single_days_alone(self, forms_once: FormWorld) -> None:
        trip = planning(forms_once)
        single = {"rhythm": "once", "once[4].date": "2026-12-20", "once[4].time": "9"}
        assert forms_once.send(PAGE, single).status_code == 303
        assert plan(forms_once, trip).once == (datetime.fromisoformat("2026-12-20T06:00+00:00"),)

    def test_what_was_stored_comes_back_unchanged(self, forms_once: FormWorld) -> None:
        trip = planning(forms_once)
        body = {
            "daily": [{"time": "07:15", "weekdays": ["TU"]}, {"time": "20:00"}],
            "once": ["2026-12-03T14:30:00+03:00"],
            "quiet": [{"from": "2026-12-06T14:30:00+03:00", "to": "2026-12-07T04:30:00+03:00"}],
            "grace_seconds": 5400,
        }
        assert forms_once.put(f"{trip}/plan", body).status_code == 200
        before = plan(forms_once, trip)
        assert forms_once.send(PAGE, filled_in(forms_once.open(PAGE).text)).status_code == 303
        assert plan(forms_once, trip) == before


MISTAKES: list[tuple[dict[str, str | list[str]], str]] = [
    ({**EVENING, "daily[7].time": "23:00", "daily[7].weekdays": DAYS}, "daily-7-time"),
    ({**EVENING, "daily[0].time": "25:00"}, "daily-0-time"),
    ({**EVENING, "daily[0].weekdays": []}, "daily-0-weekdays"),
    ({**EVENING, "daily[0].time": ""}, "daily"),
    ({"rhythm": "every", "every": "own", "every_hours": "5"}, "every_hours"),
    ({"rhythm": "every", "every": "own", "every_hours": "a day"}, "every_hours"),
    ({"rhythm": "every", "every": "own", "every_hours": "0"}, "every_hours"),
    ({"rhythm": "once"}, "rhythm"),
    ({**EVENING, "once[2].date": "2026-12-03"}, "once-2"),
    ({**EVENING, "once[2].date": "3/12/26", "once[2].time": "10:00"}, "once-2"),
    ({**EVENING, "once[2].date": "2026-11-01", "once[2].time": "10:00"}, "once-2"),
    (
        {
            **EVENING,
            "quiet[5].from_date": "2026-12-06",
            "quiet[5].from_time": "10:00",
            "quiet[5].to_date": "2026-12-08",
            "quiet[5].to_time": "10:00",
        },
        "quiet-5-to",
    ),
]


class TestMistakes:
    def test_each_stands_beside_its_row_and_nothing_is_lost_or_stored(self, forms_once: FormWorld) -> None:
        trip = planning(forms_once)
        for fields, wrong in MISTAKES:
            answer = forms_once.send(PAGE, fields, language="ru")
            said = errors_of(answer)
            assert list(said) == [wrong]
            assert re.search("[а-я]", said[wrong])
            for name, value in fields.items():
                if isinstance(value, str) and value and name.endswith(("time", "date", "hours")):
                    assert f'value="{value}"' in answer.text
        assert forms_once.state(trip).plan is None

    def test_whatever_is_sent_is_stored_safely_or_refused_in_her_language(self, forms_once: FormWorld) -> None:
        trip = planning(forms_once)
        for field in FIELDS:
            for kind, value in HOSTILE.items():
                rhythm = "every" if field.startswith("every") else "daily"
                own = {"every": "own"} if field == "every_hours" else {}
                before = forms_once.state(trip).plan
                answer = forms_once.send(PAGE, {**EVENING, "rhythm": rhythm, **own, field: value}, language="ru")
                assert answer.status_code in (303, 422), (field, kind)
                assert "<script>alert" not in answer.text
                if answer.status_code == 422:
                    assert re.search("[а-я]", " ".join(errors_of(answer).values())), (field, kind)
                    assert forms_once.state(trip).plan == before, (field, kind)


class TestRowsAndPreview:
    def test_rows_come_and_go_without_a_script_and_nothing_typed_is_lost(self, forms_once: FormWorld) -> None:
        trip = planning(forms_once)
        typed = {**EVENING, "daily[0].time": "6:45", "once[0].date": "2026-12-03", "once[0].time": "bad"}
        added = forms_once.send(PAGE, {**typed, "row": "add:daily"})
        assert added.status_code == 200
        assert 'name="daily[1].time"' in added.text
        assert 'value="6:45"' in added.text
        assert 'value="bad"' in added.text
        dropped = forms_once.send(PAGE, {**typed, "daily[1].time": "20:00", "row": "drop:daily[0]"})
        assert 'name="daily[0].time"' not in dropped.text
        assert 'name="daily[1].time"' in dropped.text
        for nonsense in ("add:grace_seconds", "drop:daily[99]", "add:", "drop:once"):
            assert forms_once.send(PAGE, {**EVENING, "row": nonsense, "rhythm": "once"}).status_code in (200, 422)
        assert forms_once.state(trip).plan is None

    def test_the_next_five_answers_stand_there_by_both_clocks(self, forms_once: FormWorld) -> None:
        trip = planning(forms_once)
        page = shown(forms_once.send(PAGE, {**EVENING, "daily[0].time": "21:00", "show": "1"}, language="ru"))
        assert "Вторник, 1 декабря 21:00 Antalya · дома, Алматы: 23:00" in page
        assert "спросим вас: 20:30, 21:00, 21:30" in page
        assert "другие узнают с 22:00" in page
        assert "Суббота, 5 декабря" in page
        assert "Воскресенье, 6 декабря" not in page
        assert forms_once.state(trip).plan is None

    def test_the_live_preview_is_a_fragment_that_stores_nothing(self, forms_once: FormWorld) -> None:
        trip = planning(forms_once)
        live = forms_once.send(PAGE, {"rhythm": "every", "every": "48"}, to=f"{PAGE}/preview", language="kk")
        assert live.status_code == 200
        assert "<html" not in live.text
        assert "Сейсенбі, 1 желтоқсан" not in live.text
        assert "Бейсенбі, 3 желтоқсан" in live.text
        unfit = forms_once.send(PAGE, {"rhythm": "every", "every": "own", "every_hours": "2"}, to=f"{PAGE}/preview")
        assert "As soon as the times above fit together" in shown(unfit)
        assert forms_once.state(trip).plan is None
        forged = forms_once.client.post(f"{PAGE}/preview", data={"rhythm": "daily"})
        assert forged.status_code == 403

    def test_a_demonstration_offers_seconds(self, forms_once: FormWorld) -> None:
        trip = planning(forms_once)
        assert "10 seconds" not in shown(forms_once.open(PAGE))
        second = timedelta(seconds=1)
        limits = Limits(grace_at_least=second, wait_at_least=second, recurring_apart=second)
        demo = replace(forms_once.service, limits=limits, demo=True)
        with Client(create_app(service=demo), cookies=forms_once.client.cookies) as client:
            forms_once.client, forms_once.hidden = client, {}
            assert "10 seconds" in shown(forms_once.open(PAGE))
            every = {"rhythm": "every", "every": "own", "every_hours": "0.025", "grace_seconds": "10"}
            assert forms_once.send(PAGE, every).status_code == 303
        assert plan(forms_once, trip).every == timedelta(seconds=90)


class TestWhose:
    def test_nobody_plans_without_a_trip_or_in_a_running_one(self, forms_once: FormWorld) -> None:
        assert forms_once.open(PAGE).headers["location"] == "/in"
        forms_once.enter()
        assert forms_once.open(PAGE).headers["location"] == "/trip/where"
        forms_once.wait(minutes=2)
        forms_once.sign_in()
        forms_once.armed()
        assert forms_once.open(PAGE).headers["location"] == "/home"
        assert forms_once.now > NOW


def filled_in(page: str) -> dict[str, str | list[str]]:
    """What a browser would send of a page's form without touching it."""
    found: dict[str, str | list[str]] = {}
    form = page[page.index("data-keep") :]
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name is None or value is None or 'type="hidden"' in tag:
            continue
        if re.search(r'type="(checkbox|radio)"', tag):
            if " checked" in tag:
                kept = found.setdefault(name.group(1), [])
                assert isinstance(kept, list)
                kept.append(value.group(1))
        else:
            found[name.group(1)] = value.group(1)
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        if selected := re.search(r'value="([^"]*)" selected', options):
            found[name] = selected.group(1)
    return found
