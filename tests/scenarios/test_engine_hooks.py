"""The address that Twilio signed is ours as others see it: no header of the request may change it."""

from collections.abc import Iterator

import pytest

from tests.mock_twilio import sign
from tests.scenarios.story import TRAVELER, Story, open_story
from tests.web.statements import statements

SMS = "/hooks/twilio/sms"
HOME = "https://amanba.example"


def form(number: int) -> dict[str, str]:
    return {"MessageSid": f"SM{number:032}", "From": TRAVELER, "To": "+48732000000", "Body": ""}


def refused(story: Story, reason: str) -> float:
    lines = [line for line in story.metrics().splitlines() if f'reason="{reason}"' in line]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("amanba_hook_refusals_total"))


def test_the_signed_address_is_the_public_one_with_path_and_query_as_they_came(story: Story) -> None:
    token = story.twilio.auth_token
    for number, tail in enumerate(("", "?a=1&b=%D0%BE%D0%BA&c=", "?x=%2B77&y=a+b", "?empty")):
        signature = sign(token, f"{HOME}{SMS}{tail}", form(number))
        headers = {"X-Twilio-Signature": signature}
        assert story.client.post(f"{SMS}{tail}", data=form(number), headers=headers).status_code == 200


@pytest.mark.parametrize(
    "lie",
    [
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"},
        {"Forwarded": "host=evil.example;proto=http"},
        {"X-Forwarded-Prefix": "/evil", "X-Original-URL": "/evil"},
    ],
)
def test_no_header_changes_what_was_signed(story: Story, lie: dict[str, str]) -> None:
    token = story.twilio.auth_token
    good = {**lie, "X-Twilio-Signature": sign(token, HOME + SMS, form(1))}
    assert story.client.post(SMS, data=form(1), headers=good).status_code == 200
    bad = {**lie, "X-Twilio-Signature": sign(token, f"https://evil.example{SMS}", form(2))}
    assert story.client.post(SMS, data=form(2), headers=bad).status_code == 403


def test_a_body_without_a_length_is_read_no_further_than_it_may_be(story: Story) -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        for _ in range(1000):
            read += 8192
            yield b"a" * 8192

    before = refused(story, "too_large")
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": "x"}
    assert story.client.post(SMS, content=endless(), headers=headers).status_code == 413
    assert refused(story, "too_large") == before + 1


def test_refusals_are_counted_from_nought(story: Story) -> None:
    """Prometheus sees no rise in a series that begins at one."""
    series = {line.rsplit(" ", 1)[0] for line in story.metrics().splitlines()}
    for hook in ("sms", "status"):
        for reason in ("not_configured", "too_large", "malformed", "unsigned", "forged"):
            assert f'amanba_hook_refusals_total{{hook="{hook}",reason="{reason}"}}' in series
    assert 'amanba_hook_refusals_total{hook="status",reason="unknown_message"}' in series


def test_other_methods_are_not_taken(story: Story) -> None:
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        assert story.client.request(method, SMS).status_code == 405


def test_the_next_token_opens_the_hook_while_the_first_is_rotated(story: Story) -> None:
    from notifiers.registry import configured

    env = {**story.twilio.env(), "AMANBA_TWILIO_AUTH_TOKEN_NEXT": "the-next"}
    notifier = configured(env, lambda: story.now)["sms"]
    for token, right in ((story.twilio.auth_token, True), ("the-next", True), ("another", False)):
        signature = sign(token, HOME + SMS, form(3))
        assert notifier.verify_signature(HOME + SMS, form(3), signature) is right  # type: ignore[attr-defined]


def test_whoever_cannot_sign_costs_no_byte_and_no_query(sqlite_url: str) -> None:
    """Unsigned, it is refused before it is read; forged, before the database is asked."""
    read = 0

    def body() -> Iterator[bytes]:
        nonlocal read
        read += 1
        yield b"Body=ok&From=%2B77010000001"

    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    with open_story(sqlite_url) as story, statements(story.service) as said:
        for path in (SMS, "/hooks/twilio/status/00000000-0000-4000-8000-000000000000"):
            assert story.client.post(path, content=body(), headers=kind).status_code == 403
            assert read == 0
            forged = {**kind, "X-Twilio-Signature": "bm90IGEgc2lnbmF0dXJl"}
            assert story.client.post(path, content=body(), headers=forged).status_code == 403
            assert read == 1
            read = 0
        assert said == []
