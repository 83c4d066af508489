"""SMS by Twilio against our own Twilio: what is said on the wire, and what each failure means."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest

from notifiers.base import (
    Accepted,
    Cause,
    DeliveryState,
    Found,
    Message,
    NotFound,
    Rejected,
    SourceUnreadable,
    Unavailable,
)
from notifiers.registry import configured
from notifiers.twilio_errors import CAUSES, REASONS, cause_of, refusal
from notifiers.twilio_sms import TwilioSms
from tests.mock_twilio import MockTwilio

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOTHER = "+77010000001"
CALLBACK = "https://amanba.example/hooks/twilio/status/0b9f"


@pytest.fixture
def twilio() -> Iterator[MockTwilio]:
    with MockTwilio() as mock:
        mock.use_clock(lambda: NOW)
        yield mock


def sms(twilio: MockTwilio, **settings: str) -> TwilioSms:
    env = {**twilio.env(), "AMANBA_TWILIO_TIMEOUT": "2", **settings}
    notifier = configured(env, lambda: NOW)["sms"]
    assert isinstance(notifier, TwilioSms)
    return notifier


def alert(
    body: str = "No sign since 20:31. Reply 1. #7F3K",
    *,
    ref_code: str | None = "#7F3K",
    to: str = MOTHER,
    callback: str | None = None,
    valid_for: timedelta | None = None,
) -> Message:
    return Message(str(uuid4()), to, body, "alert", ref_code, callback, valid_for)


# --- sending


def test_the_request_says_who_whom_what_and_where_to_report(twilio: MockTwilio) -> None:
    result = sms(twilio).send(alert(callback=CALLBACK, valid_for=HOUR))
    (text,) = twilio.sent
    assert result == Accepted(text.sid, DeliveryState.QUEUED)
    assert twilio.phone(MOTHER).expect("No sign since").endswith("#7F3K")
    (_, path, form) = twilio.requests[-1]
    assert path == f"/2010-04-01/Accounts/{twilio.account_sid}/Messages.json"
    assert form == {
        "To": MOTHER,
        "From": twilio.number,
        "Body": text.body,
        "StatusCallback": CALLBACK,
        "ValidityPeriod": "3600",
    }


@pytest.mark.parametrize(
    ("valid_for", "seconds"), [(timedelta(0), 6), (timedelta(minutes=15), 900), (timedelta(days=1), 36000)]
)
def test_validity_stays_within_what_twilio_takes(twilio: MockTwilio, valid_for: timedelta, seconds: int) -> None:
    assert isinstance(sms(twilio).send(alert(valid_for=valid_for)), Accepted)
    assert twilio.sent[0].validity == seconds


def test_punctuation_is_folded_only_where_it_saves_money(twilio: MockTwilio) -> None:
    sms(twilio).send(alert("Call “Saule” – now… #7F3K"))
    sms(twilio).send(alert("Позвоните «Сауле» — сейчас… #7F3K"))
    assert twilio.phone(MOTHER).received == [
        'Call "Saule" - now... #7F3K',
        "Позвоните «Сауле» — сейчас… #7F3K",
    ]


def test_every_letter_of_our_languages_arrives_as_it_was_written(twilio: MockTwilio) -> None:
    letters = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя әғқңөұүһі ө ң ү ў ғ ҳ қ oʻ gʻ ş ç ğ ı"
    bodies = [f"{letters} #7F3K", f"{letters.upper()} «—…» #7F3K", "Oʻgʻlingiz 👍🏽 #7F3K"]
    for body in bodies:
        sms(twilio).send(alert(body))
    assert twilio.phone(MOTHER).received == bodies


def test_what_is_longer_than_twilio_takes_is_cut_and_found_by_its_beginning(twilio: MockTwilio) -> None:
    notifier, long = sms(twilio), alert("Сәуле " * 400 + "#7F3K")
    assert isinstance(notifier.send(long), Accepted)
    (text,) = twilio.phone(MOTHER).received
    assert len(text) <= 1600
    assert text.endswith(" Сәуле.. #7F3K")
    reminder = alert("Сәуле " * 400, ref_code=None)
    notifier.send(reminder)
    assert isinstance(notifier.find_sent(reminder, NOW), Found)


def test_a_token_revoked_during_a_rotation_is_followed(twilio: MockTwilio) -> None:
    notifier = sms(twilio, AMANBA_TWILIO_AUTH_TOKEN_NEXT="next-token")
    twilio.auth_tokens = {"next-token"}
    assert isinstance(notifier.send(alert()), Accepted)
    assert len(twilio.sent) == 1
    twilio.auth_tokens = {"a third"}
    refused = notifier.send(alert())
    assert isinstance(refused, Rejected)
    assert (refused.cause, refused.code) == (Cause.CONFIGURATION, "20003")


# --- what a failure means


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (21211, Cause.PERMANENT),
        (21610, Cause.STOPPED),
        (21614, Cause.PERMANENT),
        (30004, Cause.PERMANENT),
        (30006, Cause.PERMANENT),
        (63003, Cause.PERMANENT),
        (63014, Cause.STOPPED),
        (63024, Cause.PERMANENT),
        (21611, Cause.TEMPORARY),
        (30001, Cause.TEMPORARY),
        (30003, Cause.TEMPORARY),
        (30005, Cause.TEMPORARY),
        (30008, Cause.TEMPORARY),
        (30036, Cause.TEMPORARY),
        (20003, Cause.CONFIGURATION),
        (21408, Cause.CONFIGURATION),
        (21606, Cause.CONFIGURATION),
        (21608, Cause.CONFIGURATION),
        (21612, Cause.CONFIGURATION),
        (21617, Cause.CONFIGURATION),
        (30002, Cause.CONFIGURATION),
        (30007, Cause.CONFIGURATION),
        (30034, Cause.CONFIGURATION),
        (63016, Cause.CONFIGURATION),
        (99999, Cause.TEMPORARY),
    ],
)
def test_each_code_says_what_to_do(twilio: MockTwilio, code: int, cause: Cause) -> None:
    twilio.refuse(MOTHER, code)
    refused = sms(twilio).send(alert())
    assert isinstance(refused, Rejected)
    assert (refused.cause, refused.code) == (cause, str(code))
    assert MOTHER not in refused.reason
    assert MOTHER.lstrip("+") not in refused.reason
    assert twilio.sent == []


def test_the_table_has_one_cause_and_one_reason_for_a_code() -> None:
    assert CAUSES.keys() == REASONS.keys()
    assert all(code.isdecimal() and REASONS[code] for code in CAUSES)
    assert cause_of("a code of next year") is Cause.TEMPORARY


def test_stop_ends_the_channel_until_start(twilio: MockTwilio) -> None:
    mother, notifier = twilio.phone(MOTHER), sms(twilio)
    notifier.send(alert())
    mother.reply("Stop")
    refused = notifier.send(alert())
    assert isinstance(refused, Rejected)
    assert (refused.cause, refused.code) == (Cause.STOPPED, "21610")
    mother.reply("START")
    assert isinstance(notifier.send(alert()), Accepted)


@pytest.mark.parametrize(
    ("status", "code", "maybe_accepted"), [(429, 20429, False), (500, 20500, True), (503, 20503, True), (504, 0, True)]
)
def test_a_busy_or_broken_twilio_gives_no_verdict(
    twilio: MockTwilio, status: int, code: int, maybe_accepted: bool
) -> None:
    twilio.fail_next(status, code)
    result = sms(twilio).send(alert())
    assert isinstance(result, Unavailable)
    assert result.maybe_accepted is maybe_accepted


@pytest.mark.parametrize(
    ("status", "cause"), [(403, Cause.CONFIGURATION), (404, Cause.CONFIGURATION), (422, Cause.TEMPORARY)]
)
def test_a_refusal_without_a_known_code_goes_by_its_status(twilio: MockTwilio, status: int, cause: Cause) -> None:
    twilio.fail_next(status, 77777)
    result = sms(twilio).send(alert())
    assert isinstance(result, Rejected)
    assert result.cause is cause


def test_a_time_out_may_have_sent_and_is_never_repeated_by_itself(twilio: MockTwilio) -> None:
    twilio.lose_answer(after=30)
    result = sms(twilio, AMANBA_TWILIO_TIMEOUT="1").send(alert())
    assert isinstance(result, Unavailable)
    assert result.maybe_accepted
    assert twilio.phone(MOTHER).received == ["No sign since 20:31. Reply 1. #7F3K"]
    assert len(twilio.requests) == 1


def test_nobodys_number_reaches_the_log(twilio: MockTwilio, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    notifier = sms(twilio)
    notifier.send(alert())
    notifier.find_sent(alert(), NOW)
    twilio.fail_next(500, message=f"Unable to serve {MOTHER}")
    result = notifier.send(alert())
    assert isinstance(result, Unavailable)
    assert "77010000001" not in caplog.text + result.reason


# --- finding what was sent


def test_a_text_still_in_the_queue_is_found(twilio: MockTwilio) -> None:
    notifier, sent = sms(twilio), alert()
    twilio.lose_answer()
    notifier.send(sent)
    (text,) = twilio.sent
    assert text.sent is None
    assert notifier.find_sent(sent, NOW) == Found(text.sid, DeliveryState.QUEUED)


def test_the_newest_that_did_not_fail_is_the_one(twilio: MockTwilio) -> None:
    notifier, sent = sms(twilio), alert()
    for _ in range(3):
        notifier.send(sent)
        twilio.advance(seconds=1)
    first, second, third = twilio.sent
    twilio.report(first.sid, "sent")
    twilio.undelivered(third.sid, 30003)
    assert notifier.find_sent(sent, NOW) == Found(second.sid, DeliveryState.QUEUED)
    twilio.undelivered(second.sid, 30003)
    twilio.undelivered(first.sid, 30003)
    assert notifier.find_sent(sent, NOW) == Found(third.sid, DeliveryState.UNDELIVERED)


def test_her_own_words_are_not_our_text(twilio: MockTwilio) -> None:
    sent = alert(to=twilio.number)
    twilio.text_unheard(MOTHER, sent.body)
    assert sms(twilio).find_sent(sent, NOW - HOUR) == NotFound()


def test_a_code_from_last_year_does_not_count(twilio: MockTwilio) -> None:
    notifier, sent = sms(twilio), alert()
    notifier.send(sent)
    twilio.advance(hours=2)
    assert notifier.find_sent(sent, NOW + 2 * HOUR) == NotFound()


def test_a_trial_accounts_preface_hides_nothing(twilio: MockTwilio) -> None:
    notifier, reminder = sms(twilio), alert("Text “OK”, please…", ref_code=None)
    notifier.send(reminder)
    twilio.sent[0].body = "Sent from your Twilio trial account - " + twilio.sent[0].body
    assert isinstance(notifier.find_sent(reminder, NOW), Found)


def test_a_list_that_lags_knows_nothing_yet(twilio: MockTwilio) -> None:
    notifier, sent = sms(twilio), alert()
    twilio.list_lag = timedelta(minutes=2)
    notifier.send(sent)
    assert notifier.find_sent(sent, NOW) == NotFound()
    twilio.advance(minutes=2)
    assert isinstance(notifier.find_sent(sent, NOW), Found)


# --- reading what came in


def test_every_page_is_read(twilio: MockTwilio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifiers.twilio_messages.PAGE_SIZE", 2)
    written = {twilio.text_unheard(MOTHER, f"OK {number}") for number in range(5)}
    listed = sms(twilio).list_inbound(NOW - HOUR, NOW)
    assert {one.provider_id for one in listed} == written
    assert [method for method, _, _ in twilio.requests] == ["GET"] * 3


def test_a_list_read_in_part_proves_nothing(twilio: MockTwilio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifiers.twilio_messages.PAGE_SIZE", 2)
    for number in range(5):
        twilio.text_unheard(MOTHER, f"OK {number}")
    notifier = sms(twilio)
    twilio.answer_raw(b"{}", method="GET")
    with pytest.raises(SourceUnreadable):
        notifier.list_inbound(NOW - HOUR, NOW)
    for page in (2, 3):
        for _ in range(page - 1):
            twilio.pass_next(method="GET")
        twilio.fail_next(500, method="GET")
        with pytest.raises(SourceUnreadable):
            notifier.list_inbound(NOW - HOUR, NOW)


def test_a_list_that_leads_back_into_itself_proves_nothing(twilio: MockTwilio) -> None:
    for _ in range(2):
        twilio.answer_raw(
            b'{"messages": [], "next_page_uri": "/2010-04-01/Accounts/AC/Messages.json?Page=1"}', method="GET"
        )
    with pytest.raises(SourceUnreadable):
        sms(twilio).list_inbound(NOW - HOUR, NOW)
    assert len(twilio.requests) == 2


def test_the_question_is_asked_in_utc_with_a_days_margin(twilio: MockTwilio) -> None:
    almaty = timezone(timedelta(hours=5))
    sms(twilio).list_inbound((NOW - HOUR).astimezone(almaty), NOW.astimezone(almaty))
    (_, _, query) = twilio.requests[-1]
    assert query == {"To": twilio.number, "DateSent>": "2026-11-21T04:00:00Z", "PageSize": "1000"}


def test_a_text_that_shows_late_in_the_list_is_not_lost(twilio: MockTwilio) -> None:
    """It came before the last successful reading, and was not in the list then."""
    written, notifier = twilio.text_unheard(MOTHER, "OK"), sms(twilio)
    twilio.list_lag = timedelta(minutes=5)
    assert notifier.list_inbound(NOW - HOUR, NOW) == []
    twilio.advance(minutes=6)
    (late,) = notifier.list_inbound(NOW + timedelta(minutes=1), NOW + timedelta(minutes=6))
    assert (late.provider_id, late.occurred_at) == (written, NOW)


def test_a_text_without_a_date_of_sending_counts_from_its_making(twilio: MockTwilio) -> None:
    twilio.lists_undated = True
    dated, undated = twilio.text_unheard(MOTHER, "OK"), twilio.text_unheard(MOTHER, "OK")
    for text in twilio.ledger.texts:
        text.sent = NOW + timedelta(seconds=40) if text.sid == dated else None
    listed = {one.provider_id: one.occurred_at for one in sms(twilio).list_inbound(NOW - HOUR, NOW)}
    assert listed == {dated: NOW + timedelta(seconds=40), undated: NOW}


def test_what_we_sent_to_ourselves_is_not_inbound(twilio: MockTwilio) -> None:
    notifier = sms(twilio)
    notifier.send(alert(to=twilio.number))
    twilio.deliver(twilio.sent[0].sid)
    assert notifier.list_inbound(NOW - HOUR, NOW + HOUR) == []


def test_all_our_numbers_are_read_and_pictures_counted() -> None:
    with MockTwilio(numbers=("+48732000000", "+48732000001")) as twilio:
        first = twilio.text_unheard(MOTHER, "OK")
        second = twilio.text_unheard(MOTHER, "", to="+48732000001", media=1)
        notifier = sms(twilio, AMANBA_TWILIO_INBOUND=" +48732000000, +48732000001 ")
        listed = notifier.list_inbound(twilio.now() - HOUR, twilio.now())
        assert [(one.provider_id, one.media, one.body) for one in listed] == [(first, 0, "OK"), (second, 1, "")]


def test_a_name_as_sender_receives_nothing() -> None:
    with MockTwilio(numbers=("Amanba",)) as twilio:
        notifier = sms(twilio)
        assert isinstance(notifier.send(alert()), Accepted)
        assert notifier.list_inbound(NOW - HOUR, NOW) == []
        assert len(twilio.requests) == 1


# --- status and hooks


def test_a_status_can_be_asked_when_no_callback_came(twilio: MockTwilio) -> None:
    notifier = sms(twilio)
    sent = notifier.send(alert())
    assert isinstance(sent, Accepted)
    assert notifier.fetch_status(sent.provider_id) == (DeliveryState.QUEUED, None)
    twilio.undelivered(sent.provider_id, 30003)
    assert notifier.fetch_status(sent.provider_id) == (DeliveryState.UNDELIVERED, refusal("30003"))
    assert isinstance(notifier.fetch_status("SMunknown"), Unavailable)


def test_the_notifier_believes_twilio_and_nobody_else() -> None:
    heard: list[bool] = []

    def app(path: str, form: object, headers: object) -> int:
        assert isinstance(form, dict)
        assert isinstance(headers, dict)
        url = "https://amanba.example" + path
        heard.append(notifier.verify_signature(url, form, headers["X-Twilio-Signature"]))
        heard.append(notifier.verify_signature(url, {**form, "Body": "1"}, headers["X-Twilio-Signature"]))
        return 200

    with MockTwilio(app_url="https://amanba.example", deliver_hook=app) as twilio:
        notifier = sms(twilio, AMANBA_TWILIO_AUTH_TOKEN="old", AMANBA_TWILIO_AUTH_TOKEN_NEXT=twilio.auth_token)
        assert twilio.phone(MOTHER).text("OK") == 200
        notifier.send(alert(callback=CALLBACK))
        assert twilio.deliver(twilio.sent[0].sid) == 200
    assert heard == [True, False, True, False]
