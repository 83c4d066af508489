"""What reaches a hook from outside: only Twilio's signature opens it, and nothing makes it fall over."""

import pytest

from tests.mock_twilio import sign
from tests.scenarios.story import TRAVELER, Story, family

URL = "https://amanba.example/hooks/twilio/sms"
FORM = {"MessageSid": "SM" + "1" * 32, "From": TRAVELER, "To": "+48732000000", "Body": "ok"}


def post(story: Story, path: str, form: dict[str, str], signature: str | None) -> int:
    headers = {"X-Twilio-Signature": signature} if signature is not None else {}
    return story.client.post(path, data=form, headers=headers).status_code


def refusals(story: Story) -> float:
    text = story.metrics()
    lines = [line for line in text.splitlines() if line.startswith("amanba_hook_refusals_total")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def test_unsigned_and_forged_calls_are_refused_counted_and_change_nothing(story: Story) -> None:
    family(story)
    before = refusals(story)
    token = story.twilio.auth_token
    assert post(story, "/hooks/twilio/sms", FORM, None) == 403
    assert post(story, "/hooks/twilio/sms", FORM, "") == 403
    assert post(story, "/hooks/twilio/sms", FORM, "bm90IGEgc2lnbmF0dXJl") == 403
    assert post(story, "/hooks/twilio/sms", {**FORM, "Body": "sos"}, sign(token, URL, FORM)) == 403
    assert refusals(story) == before + 4
    story.advance_to("2026-12-01T20:05+03:00")
    assert len(story.traveler.read_all()) == 2, "she is still asked"


def test_a_signed_call_without_its_fields_is_a_400(story: Story) -> None:
    family(story)
    for missing in ("MessageSid", "From"):
        form = {name: value for name, value in FORM.items() if name != missing}
        assert post(story, "/hooks/twilio/sms", form, sign(story.twilio.auth_token, URL, form)) == 400


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
        (b"{", "application/json"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"a=1&" * 5000, "application/x-www-form-urlencoded"),
        (b"", ""),
    ],
)
def test_garbage_is_refused_and_never_a_500(story: Story, body: bytes, kind: str) -> None:
    for path in ("/hooks/twilio/sms", "/hooks/twilio/status/00000000-0000-0000-0000-000000000000"):
        answer = story.client.post(path, content=body, headers={"Content-Type": kind, "X-Twilio-Signature": "x"})
        assert answer.status_code in (400, 403, 413)


def test_a_status_for_a_message_that_we_never_sent_is_a_404(story: Story) -> None:
    url = "https://amanba.example/hooks/twilio/status/00000000-0000-4000-8000-000000000000"
    form = {"MessageSid": "SM" + "2" * 32, "MessageStatus": "delivered"}
    signature = sign(story.twilio.auth_token, url, form)
    assert post(story, url.removeprefix("https://amanba.example"), form, signature) == 404


def test_a_picture_without_words_is_no_check_in(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T19:45+03:00")
    story.twilio.text(TRAVELER, "", media=1)
    story.advance_to("2026-12-01T21:02+03:00")
    story.mother.expect("Aizhan")


def test_texts_of_strangers_are_kept_and_answered_with_silence(story: Story) -> None:
    """T48: no reply, whatever a number that nobody knows writes."""
    family(story)
    stranger = story.phone("+77055555555")
    assert stranger.text("who is this") == 200
    assert stranger.text("ok") == 200
    story.advance(minutes=2)
    stranger.expect_nothing()
