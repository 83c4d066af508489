"""What every notifier owes, also one that is added tomorrow: nothing here names a channel."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socket import create_server
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from notifiers.base import (
    Accepted,
    CallsOut,
    ChecksAccess,
    DeliveryState,
    Found,
    InboundMessage,
    Knows,
    ListsInbound,
    Message,
    NotConfigured,
    NotFound,
    Notifier,
    ReadsStatus,
    Rejected,
    Searchable,
    SourceUnreadable,
    Unavailable,
)
from notifiers.registry import NotifierSpec, configured, discover
from service.usecases.proof import is_chosen
from tests.notifiers.worlds import MakeWorld, World, address_of, example_env, world_of

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
ALMATY = timezone(timedelta(hours=5))
SPECS = discover()
WORLDS = {spec.name: make for spec in SPECS if (make := world_of(spec))}
REAL = [spec for spec in SPECS if not spec.simulated]

every_spec = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
every_real_spec = pytest.mark.parametrize("spec", REAL, ids=lambda spec: spec.name)


def now() -> datetime:
    return NOW


def message(body: str = "No sign since 20:31. #7F3K", *, ref_code: str | None = "#7F3K", to: str = "") -> Message:
    return Message(str(uuid4()), to or "+77010000001", body, "alert", ref_code, None, timedelta(hours=1))


# --- without a provider


@every_spec
def test_it_says_what_it_is(spec: NotifierSpec) -> None:
    assert spec.name.isidentifier()
    assert spec.channel.isidentifier()
    assert spec.title.strip()
    assert spec.prefix == spec.prefix.upper()
    for name, field in spec.settings.model_fields.items():
        assert field.title, f"a form cannot ask for {name} without a title"


@every_spec
def test_it_is_built_from_its_settings_alone(spec: NotifierSpec, tmp_path: Path) -> None:
    notifier = spec.build(spec.load(example_env(spec, tmp_path)), now)
    assert (notifier.name, notifier.channel) == (spec.name, spec.channel)


@every_spec
def test_a_missing_setting_is_named(spec: NotifierSpec, tmp_path: Path) -> None:
    env = example_env(spec, tmp_path)
    for variable in env:
        with pytest.raises(NotConfigured, match=variable):
            spec.load({**env, variable: ""})


@every_real_spec
def test_half_a_configuration_stops_the_start(spec: NotifierSpec, tmp_path: Path) -> None:
    env = example_env(spec, tmp_path)
    assert set(configured(env, now)) == {spec.channel}
    for variable in env:
        if len(env) > 1:
            with pytest.raises(NotConfigured, match=variable):
                configured({name: value for name, value in env.items() if name != variable}, now)


@every_spec
def test_its_secrets_do_not_show(spec: NotifierSpec, tmp_path: Path) -> None:
    env = example_env(spec, tmp_path)
    for name, field in spec.settings.model_fields.items():
        if spec.is_secret(name):
            secret = str(field.examples[0]) if field.examples else "s3cret-s3cret"
            settings = spec.load({**env, spec.variable(name): secret})
            shown = f"{settings!r} {settings} {settings.model_dump_json()}"
            assert secret not in shown
            assert (urlsplit(secret).password or secret) not in shown


@every_real_spec
def test_it_says_where_it_sends_to(spec: NotifierSpec, tmp_path: Path) -> None:
    assert isinstance(spec.build(spec.load(example_env(spec, tmp_path)), now), CallsOut)


@every_real_spec
def test_nobody_listens_so_it_was_surely_not_sent(spec: NotifierSpec, tmp_path: Path) -> None:
    with create_server(("127.0.0.1", 0)) as socket:
        port = socket.getsockname()[1]
    notifier = _at(spec, tmp_path, port)
    result = notifier.send(message(to=address_of(spec)))
    assert isinstance(result, Unavailable)
    assert not result.maybe_accepted
    _expect_no_knowledge(notifier)


@every_real_spec
@pytest.mark.parametrize("status", [0, 200, 302, 500, 503])
def test_nonsense_from_the_provider_is_a_verdict(spec: NotifierSpec, status: int, tmp_path: Path) -> None:
    with _nonsense(status) as port:
        notifier = _at(spec, tmp_path, port)
        result = notifier.send(message(to=address_of(spec)))
        assert isinstance(result, Rejected | Unavailable)
        assert address_of(spec).lstrip("+") not in result.reason
        _expect_no_knowledge(notifier)


def _at(spec: NotifierSpec, folder: Path, port: int) -> Notifier:
    """The notifier, with its provider's address changed to this port of our own machine."""
    env = example_env(spec, folder)
    usual: CallsOut = spec.build(spec.load(env), now)  # type: ignore[assignment]
    scheme = urlsplit(usual.api_url).scheme.replace("https", "http")
    there = "api_url" if "api_url" in spec.settings.model_fields else "url"
    # A provider that speaks another language may wait for us to begin, for ever.
    hurry = {spec.variable("timeout"): "0.5"} if "timeout" in spec.settings.model_fields else {}
    return spec.build(spec.load({**env, **hurry, spec.variable(there): f"{scheme}://127.0.0.1:{port}"}), now)


def _expect_no_knowledge(notifier: Notifier) -> None:
    if isinstance(notifier, Searchable):
        assert isinstance(notifier.find_sent(message(), NOW), Unavailable)
    if isinstance(notifier, ReadsStatus):
        assert isinstance(notifier.fetch_status("SM1"), Unavailable)
    if isinstance(notifier, ListsInbound):
        with pytest.raises(SourceUnreadable) as caught:
            list(notifier.list_inbound(NOW - timedelta(hours=1), NOW))
        assert "77010000001" not in str(caught.value)
    if isinstance(notifier, ChecksAccess):
        assert isinstance(notifier.check_access(), Rejected | Unavailable)


@contextmanager
def _nonsense(status: int) -> Iterator[int]:
    """A server that answers anything with a page for people; with status 0 it hangs up."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if status:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(b"<html>Welcome to the hotel's Wi-Fi</html>")

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


# --- with a provider on loopback


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    make: MakeWorld = WORLDS[request.param]
    opened: AbstractContextManager[World] = make(tmp_path)
    with opened as one:
        yield one


def test_a_message_arrives_once_and_as_written(world: World) -> None:
    body = "Аманба? Сәуле не отвечает с 20:31. «Иә» — 1. #7F3K"
    result = world.notifier.send(message(body, to=world.address))
    assert isinstance(result, Accepted)
    assert result.provider_id
    assert not result.state.is_bad
    assert world.arrived() == [body]


def test_a_message_that_was_sent_is_found(world: World) -> None:
    notifier, sent = _searchable(world), message(to=world.address)
    since = world.now()
    accepted = world.notifier.send(sent)
    assert isinstance(accepted, Accepted)
    found = notifier.find_sent(sent, since)
    assert isinstance(found, Found)
    assert found.provider_id == accepted.provider_id


def test_a_message_that_was_never_sent_is_not_found(world: World) -> None:
    notifier, since = _searchable(world), world.now()
    world.notifier.send(message("Another one. #AAAA", ref_code="#AAAA", to=world.address))
    assert notifier.find_sent(message(to=world.address), since) == NotFound()


def test_a_reminder_is_found_by_its_body(world: World) -> None:
    reminder = message("Are you all right? Text OK.", ref_code=None, to=world.address)
    since = world.now()
    world.notifier.send(reminder)
    assert isinstance(_searchable(world).find_sent(reminder, since), Found)


def test_yesterdays_reminder_is_not_todays(world: World) -> None:
    words = "Are you all right? Text OK."
    world.notifier.send(message(words, ref_code=None, to=world.address))
    world.pass_time(minutes=30)
    again = message(words, ref_code=None, to=world.address)
    assert _searchable(world).find_sent(again, world.now()) == NotFound()


def test_an_answer_lost_on_the_way_is_not_a_message_lost(world: World) -> None:
    notifier, sent, since = _searchable(world), message(to=world.address), world.now()
    if world.lose_next_answer():
        result = world.notifier.send(sent)
        assert isinstance(result, Unavailable)
        assert result.maybe_accepted
        assert isinstance(notifier.find_sent(sent, since), Found)
        assert world.arrived() == [sent.body]


def test_how_far_a_message_got_can_be_asked(world: World) -> None:
    accepted = world.notifier.send(message(to=world.address))
    assert isinstance(accepted, Accepted)
    if isinstance(world.notifier, ReadsStatus):
        state = world.notifier.fetch_status(accepted.provider_id)
        assert isinstance(state, tuple)
        assert isinstance(state[0], DeliveryState)
        assert not state[0].is_bad


def test_what_came_in_unheard_is_listed(world: World) -> None:
    lists = _inbound(world)
    first, second = world.write("OK"), world.write("OK")
    world.pass_time(minutes=120)
    listed = {one.provider_id: one for one in lists(world.now() - timedelta(hours=3), world.now())}
    if first and second:
        assert set(listed) == {first, second}
        for one in listed.values():
            assert (one.sender, one.body, one.media) == (world.address, "OK", 0)
            assert one.occurred_at == world.now() - timedelta(hours=2)
            assert one.occurred_at.utcoffset() == timedelta(0)


def test_a_list_holds_what_numbers_sent(world: World) -> None:
    """Every traveler has a number, so every list is asked before anybody's alarm. One that only some can write to would
    hold the alarms of all others while it is silent: such a notifier is `WrittenToFirst` or `TakesCalls`.
    """
    lists = _inbound(world)
    world.write("OK")
    world.pass_time(minutes=5)
    listed = lists(world.now() - timedelta(minutes=10), world.now())
    assert is_chosen(world.notifier) or all(re.fullmatch(r"\+[1-9]\d{6,14}", one.sender) for one in listed)


def test_the_zone_of_the_question_does_not_matter(world: World) -> None:
    lists, written = _inbound(world), world.write("OK")
    world.pass_time(minutes=5)
    for zone in (UTC, ALMATY, timezone(-timedelta(hours=11))):
        since, until = (world.now() - timedelta(minutes=10)).astimezone(zone), world.now().astimezone(zone)
        assert [one.provider_id for one in lists(since, until)] == ([written] if written else [])


def test_our_own_messages_are_not_inbound(world: World) -> None:
    world.notifier.send(message(to=world.address))
    assert list(_inbound(world)(world.now() - timedelta(hours=1), world.now())) == []


def test_a_provider_that_went_away_is_unavailable(world: World) -> None:
    sent = message(to=world.address)
    world.notifier.send(sent)
    world.go_away()
    result = world.notifier.send(replace(sent, outbox_id=str(uuid4())))
    assert isinstance(result, Unavailable)
    if isinstance(world.notifier, Searchable):
        assert isinstance(world.notifier.find_sent(sent, world.now()), Unavailable)
    if isinstance(world.notifier, ReadsStatus):
        assert isinstance(world.notifier.fetch_status("1"), Unavailable)
    if isinstance(world.notifier, ListsInbound):
        with pytest.raises(SourceUnreadable):
            list(world.notifier.list_inbound(world.now() - timedelta(hours=1), world.now()))
    if isinstance(world.notifier, ChecksAccess):
        assert isinstance(world.notifier.check_access(), Unavailable)


def test_a_provider_that_knows_us_says_so_and_nothing_is_sent(world: World) -> None:
    if not isinstance(world.notifier, ChecksAccess):
        pytest.skip("this provider cannot be asked without sending")
    assert isinstance(world.notifier.check_access(), Knows)
    assert world.arrived() == []


def _searchable(world: World) -> Searchable:
    if not isinstance(world.notifier, Searchable):
        pytest.skip("this channel cannot be searched")
    return world.notifier


def _inbound(world: World) -> Callable[[datetime, datetime], Iterable[InboundMessage]]:
    if not isinstance(world.notifier, ListsInbound):
        pytest.skip("this channel has no list of what came in")
    return world.notifier.list_inbound
