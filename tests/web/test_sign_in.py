"""A number, a code, a session; and what a stranger, a thief and another site cannot do."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from service.db.routing import Link
from service.db.stored import table_of
from service.usecases.sessions import WRONG_PASSPHRASES
from tests.easy import one_database
from tests.web.api_world import AIZHAN, GULNAR, WORDS
from tests.web.form_world import FormWorld, errors_of, forms, forms_once, shown

__all__ = ["forms", "forms_once"]

LINKS = table_of(Link)


class TestSigningIn:
    @one_database
    def test_a_stranger_signs_in_by_the_code_on_her_phone(self, forms: FormWorld) -> None:
        assert forms.open("/home").headers["location"] == "/in"
        forms.enter()
        assert "Plan your trip" in shown(forms.open("/home"))
        assert forms.open("/in").headers["location"] == "/home"

    @one_database
    def test_signing_in_again_changes_nothing_of_what_is_known(self, forms: FormWorld) -> None:
        forms.sign_in(name="Айжан", language="kk", email="aizhan@example.org")
        trip = forms.trip()
        forms.wait(minutes=2)
        forms.enter(language="ru")
        known = forms.state(trip).traveler
        assert (known.name, known.language, known.phone) == ("Айжан", "kk", AIZHAN)

    @one_database
    def test_known_and_unknown_numbers_look_alike(self, forms: FormWorld) -> None:
        forms.sign_in()
        forms.wait(hours=2)
        known = forms.send("/in", {"phone": AIZHAN})
        unknown = forms.send("/in", {"phone": GULNAR})
        spelled = {AIZHAN: "+7 700 000 0001", GULNAR: "+7 700 000 0002"}
        assert known.status_code == unknown.status_code == 200
        assert known.text.replace(AIZHAN, "N").replace(spelled[AIZHAN], "N") == unknown.text.replace(
            GULNAR, "N"
        ).replace(spelled[GULNAR], "N")

    @pytest.mark.parametrize("typed", ["0077000000001", "+7 (700) 000-00-01", "٠٠٧٧٠٠٠٠٠٠٠٠١", " +7 700 000 00 01 "])
    def test_a_number_is_understood_as_people_write_it(self, forms_once: FormWorld, typed: str) -> None:
        asked = forms_once.send("/in", {"phone": typed})
        assert "+7 700 000 0001" in shown(asked)
        assert len(forms_once.texts(AIZHAN, "sign_up")) == 1

    def test_a_national_number_is_asked_for_its_country_and_never_taken_for_ours(self, forms_once: FormWorld) -> None:
        asked = forms_once.send("/in", {"phone": "8 700 000 00 01"}, language="ru")
        assert errors_of(asked) == {
            "phone": "Из какой страны этот номер? Выберите страну или напишите номер с + и кодом страны."
        }
        assert 'name="phone_country"' in asked.text
        assert 'value="8 700 000 00 01"' in asked.text
        assert forms_once.texts(AIZHAN) == []
        told = forms_once.send("/in", {"phone": "8 700 000 00 01", "phone_country": "KZ"})
        assert "+7 700 000 0001" in shown(told)

    @pytest.mark.parametrize(
        "typed",
        ["", "hello", "<script>alert(1)</script>", "+7", "'; drop table travelers; --", "9" * 41, "+7 727 250 0000"],
    )
    def test_what_is_no_number_for_a_code_is_said_beside_the_field(self, forms_once: FormWorld, typed: str) -> None:
        refused = forms_once.send("/in", {"phone": typed}, language="ru")
        said = errors_of(refused)["phone"]
        assert said
        assert any("а" <= letter <= "я" for letter in said)
        assert "<script>alert" not in refused.text

    @one_database
    def test_a_wrong_code_is_said_beside_it_and_five_lock(self, forms: FormWorld) -> None:
        page = forms.send("/in", {"phone": AIZHAN})
        wrong = "000000" if forms.code(AIZHAN) != "000000" else "000001"
        fields = {"form": forms.hidden["/in"]["form"], "phone": AIZHAN, "code": wrong}
        for _ in range(5):
            answer = forms.client.post("/in/code", data=fields)
            assert "does not fit" in errors_of(answer)["code"]
        locked = forms.client.post("/in/code", data={**fields, "code": forms.code(AIZHAN)})
        assert locked.status_code == 429
        assert "15 minutes" in shown(locked)
        assert page.status_code == 200

    def test_who_went_to_read_the_code_finds_the_page_that_asks_for_it(self, forms_once: FormWorld) -> None:
        forms_once.send("/in", {"phone": AIZHAN})
        for path in ("/in", "/in?lang=kk", "/in/code?lang=ru"):
            again = forms_once.open(path)
            assert "+7 700 000 0001" in shown(again)
            assert 'name="code"' in again.text
        assert 'name="code"' not in forms_once.open("/in?other=1").text
        assert 'name="code"' not in forms_once.open("/in").text
        assert len(forms_once.texts(AIZHAN, "sign_up")) == 1

    def test_what_is_no_number_of_ours_asks_for_no_code(self, forms_once: FormWorld) -> None:
        forms_once.client.cookies["n"] = "<script>"
        assert 'name="code"' not in forms_once.open("/in").text


class TestSessions:
    @one_database
    def test_a_session_ends_after_thirty_days(self, forms: FormWorld) -> None:
        forms.enter()
        forms.wait(days=29)
        assert forms.open("/home").status_code == 200
        forms.wait(days=1)
        assert forms.open("/home").headers["location"] == "/in"

    @one_database
    def test_signing_out_ends_it_for_the_cookie_that_was_stolen_too(self, forms: FormWorld) -> None:
        forms.enter()
        stolen = dict(forms.client.cookies)
        forms.open("/home")
        assert forms.send("/home", to="/out").headers["location"] == "/in"
        forms.client.cookies.update(stolen)
        assert forms.open("/home").headers["location"] == "/in"

    @one_database
    def test_signing_out_everywhere_ends_the_others(self, forms: FormWorld) -> None:
        forms.enter()
        lost = dict(forms.client.cookies)
        forms.leave_behind()
        forms.wait(minutes=2)
        forms.enter()
        forms.open("/home")
        forms.send("/home", {"everywhere": "1"}, to="/out")
        forms.client.cookies.update(lost)
        assert forms.open("/home").headers["location"] == "/in"

    @one_database
    def test_leaving_ends_the_session_and_leads_to_an_everyday_page(self, forms: FormWorld) -> None:
        forms.enter()
        kept = dict(forms.client.cookies)
        left = forms.open("/leave")
        assert left.headers["location"] == "https://www.wikipedia.org/"
        assert left.headers["cache-control"] == "no-store"
        forms.client.cookies.update(kept)
        assert forms.open("/home").headers["location"] == "/in"

    def test_the_cookie_says_nothing_and_no_script_reads_it(self, forms_once: FormWorld) -> None:
        page = forms_once.send("/in", {"phone": AIZHAN})
        fields = {"form": forms_once.hidden["/in"]["form"], "phone": AIZHAN, "code": forms_once.code(AIZHAN)}
        answer = forms_once.client.post("/in/code", data=fields, follow_redirects=False)
        cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("s="))
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert page.status_code == 200


class TestOtherSites:
    def test_a_form_without_our_token_does_nothing(self, forms_once: FormWorld) -> None:
        forms_once.client.get("/in")
        refused = forms_once.client.post("/in", data={"phone": AIZHAN})
        assert refused.status_code == 403
        assert "Nothing was stored" in shown(refused)
        assert forms_once.texts(AIZHAN) == []

    def test_the_token_of_another_visit_does_not_fit(self, forms_once: FormWorld) -> None:
        forms_once.open("/in")
        theirs = forms_once.hidden["/in"]["form"]
        forms_once.leave_behind()
        forms_once.open("/in")
        assert forms_once.client.post("/in", data={"phone": AIZHAN, "form": theirs}).status_code == 403

    @pytest.mark.parametrize(
        "headers",
        [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}],
    )
    def test_a_form_that_says_it_comes_from_elsewhere_is_refused(
        self, forms_once: FormWorld, headers: dict[str, str]
    ) -> None:
        forms_once.open("/in")
        data = {"phone": AIZHAN, "form": forms_once.hidden["/in"]["form"]}
        assert forms_once.client.post("/in", data=data, headers=headers).status_code == 403
        assert forms_once.texts(AIZHAN) == []

    @pytest.mark.parametrize(
        "headers", [{"Origin": "null"}, {"Origin": "http://testserver"}, {"Sec-Fetch-Site": "none"}]
    )
    def test_our_own_pages_pass_also_when_they_tell_no_origin(
        self, forms_once: FormWorld, headers: dict[str, str]
    ) -> None:
        forms_once.open("/in")
        data = {"phone": AIZHAN, "form": forms_once.hidden["/in"]["form"]}
        assert forms_once.client.post("/in", data=data, headers=headers).status_code == 200

    def test_more_than_a_form_holds_is_refused(self, forms_once: FormWorld) -> None:
        forms_once.open("/in")
        large = {"phone": "1" * 60_000, "form": forms_once.hidden["/in"]["form"]}
        assert forms_once.client.post("/in", data=large).status_code == 413
        many = "&".join(f"a{n}=1" for n in range(500))
        typed = {"Content-Type": "application/x-www-form-urlencoded"}
        assert forms_once.client.post("/in", content=many, headers=typed).status_code == 413


class TestHerPage:
    def test_one_tap_is_an_ok_and_two_are_one(self, forms: FormWorld) -> None:
        trip = forms.armed()
        forms.wait(hours=8)
        forms.enter()
        page = forms.open("/home")
        assert "20:00" in shown(page)
        assert "22:00" in shown(page)
        first, again = forms.send("/home"), forms.send("/home")
        assert "Thank you!" in shown(first)
        assert first.content == again.content
        forms.read_inbox()
        watch = forms.state(trip).watch
        assert watch is not None
        assert watch.last_check_in_at == forms.now
        assert len(watch.weak_at) == 1

    def test_another_text_in_the_same_form_counts_too(self, forms_once: FormWorld) -> None:
        trip = forms_once.armed(words=True)
        forms_once.enter_later()
        forms_once.open("/home")
        ok = forms_once.send("/home")
        word = forms_once.send("/home", {"text": WORDS["duress"][0]})
        assert ok.content == word.content
        forms_once.read_inbox()
        assert forms_once.state(trip).alarm is not None

    @one_database
    def test_a_trip_without_words_shows_what_follows_without_an_answer(self, forms: FormWorld) -> None:
        forms.armed()
        forms.wait(hours=1)
        forms.enter()
        page = shown(forms.open("/home"))
        assert "no earlier than 21:00" in page
        assert "Gulnar" not in page
        assert "Daniyar" not in page

    def test_a_discreet_trip_does_not(self, forms_once: FormWorld) -> None:
        forms_once.armed(wording="discreet")
        forms_once.enter_later()
        assert "no earlier" not in shown(forms_once.open("/home"))


class TestPrivatePage:
    @one_database
    def test_with_words_her_page_shows_the_next_time_and_nothing_else(self, forms: FormWorld) -> None:
        forms.armed(words=True)
        forms.enter_later()
        page = forms.open("/home")
        for told in ("Antalya", "Lotus", "Gulnar", "Istanbul", "22:00", "21:00", "/late", "/trip", "alarm", "Amanba"):
            assert told not in page.text
        assert "20:00" in shown(page)

    @one_database
    def test_a_wrong_passphrase_leads_home_without_a_word(self, forms: FormWorld) -> None:
        forms.armed(words=True)
        forms.enter_later()
        before = forms.open("/home").text
        wrong = forms.send("/private", {"passphrase": "open sesame 1"})
        assert (wrong.status_code, wrong.headers["location"]) == (303, "/home")
        hidden = forms.hidden["/home"]["once"]
        after = forms.open("/home")
        assert after.text.replace(forms.hidden["/home"]["once"], hidden) == before

    @one_database
    def test_the_right_one_opens_it_for_ten_minutes(self, forms: FormWorld) -> None:
        forms.armed(words=True)
        forms.enter_later()
        opened = forms.send("/private", {"passphrase": WORDS["passphrase"]})
        assert opened.headers["location"] == "/trip/all"
        assert forms.open("/trip/all").status_code == 200
        forms.wait(minutes=9)
        assert forms.open("/trip/all").status_code == 200
        forms.wait(minutes=1)
        assert forms.open("/trip/all").headers["location"] == "/home"

    def test_it_closes_by_hand_and_with_the_session(self, forms: FormWorld) -> None:
        forms.armed(words=True)
        forms.enter_later()
        forms.send("/private", {"passphrase": WORDS["passphrase"]})
        forms.open("/home")
        forms.send("/home", to="/private/close")
        assert forms.open("/trip/all").headers["location"] == "/home"

    def test_after_five_wrong_ones_none_is_right_for_15_minutes_in_any_session(self, forms_once: FormWorld) -> None:
        """Who signs in anew, as whoever holds her phone may, has no more tries than before."""
        trip = forms_once.armed(words=True)
        forms_once.enter_later()
        for _ in range(5):
            wrong = forms_once.send("/private", {"passphrase": "wrong and wrong"})
        right = {"passphrase": WORDS["passphrase"]}
        locked = forms_once.send("/private", right)
        assert (locked.headers["location"], locked.content) == (wrong.headers["location"], wrong.content)
        forms_once.leave_behind()
        forms_once.enter_later()
        assert forms_once.send("/private", right).headers["location"] == "/home"
        assert "details" not in forms_once.get(trip, Amanba_Passphrase=right["passphrase"]).json()
        forms_once.wait(minutes=13)
        assert forms_once.send("/private", right).headers["location"] == "/trip/all"

    def test_a_session_has_ten_tries(self, forms_once: FormWorld) -> None:
        forms_once.armed(words=True)
        forms_once.enter_later()
        used = update(LINKS).where(LINKS.c.kind == "session").values(used=WRONG_PASSPHRASES)
        forms_once.service.run(lambda conn: conn.execute(used))
        assert forms_once.send("/private", {"passphrase": WORDS["passphrase"]}).headers["location"] == "/home"
        forms_once.leave_behind()
        forms_once.enter_later()
        assert forms_once.send("/private", {"passphrase": WORDS["passphrase"]}).headers["location"] == "/trip/all"


def test_every_page_keeps_quiet(forms_once: FormWorld) -> None:
    for path in ("/", "/in", "/leaving", "/nowhere"):
        headers = forms_once.client.get(path).headers
        assert headers["cache-control"] == "no-store", path
        assert headers["referrer-policy"] == "no-referrer", path
        assert "noindex" in headers["x-robots-tag"], path
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy, path
        assert "unsafe" not in policy, path
        assert "http" not in policy, path
