"""A channel is one file; settings come from the environment, and what is missing is named."""

import sys
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from notifiers.base import Accepted, DeliveryState, Message, NotConfigured, providers_of
from notifiers.registry import configured, discover, is_loopback, outside

TOY = """
    from pydantic import BaseModel, Field, SecretStr
    from notifiers.base import Accepted, DeliveryState
    from notifiers.registry import NotifierSpec

    class Settings(BaseModel):
        address: str = Field(title="Address", examples=["tower"])
        {more}
        key: SecretStr | None = Field(default=None, title="Key")

    class Pigeon:
        name, channel = "{name}", "{channel}"
        api_url = "pigeon://tower"
        def __init__(self, settings):
            self.settings = settings
        def send(self, message):
            return Accepted(self.settings.address + "/" + message.body, DeliveryState.SENT)

    SPEC = NotifierSpec("{name}", "{channel}", "Pigeon post", Settings, lambda s, now: Pigeon(s), "{prefix}")
"""
TWILIO = {
    "AMANBA_TWILIO_ACCOUNT_SID": "AC1",
    "AMANBA_TWILIO_AUTH_TOKEN": "token",
    "AMANBA_TWILIO_FROM": "+48732000000",
}
MESSAGE = Message("1", "roof", "hello", "alert", None, None, None)


def now() -> datetime:
    return datetime(2026, 11, 22, tzinfo=UTC)


class Lofts:
    """A package in a temporary folder, into which tests drop channels."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "lofts"
        self.folder.mkdir()
        (self.folder / "__init__.py").write_text("")

    def drop(
        self, file: str, name: str = "pigeon", channel: str = "pigeon", prefix: str = "PIGEON", more: str = ""
    ) -> None:
        text = textwrap.dedent(TOY)
        for word, value in {"name": name, "channel": channel, "prefix": prefix, "more": more}.items():
            text = text.replace("{" + word + "}", value)
        (self.folder / f"{file}.py").write_text(text)

    @property
    def package(self) -> ModuleType:
        return import_module("lofts")


@pytest.fixture
def lofts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lofts]:
    monkeypatch.syspath_prepend(tmp_path)
    yield Lofts(tmp_path)
    for name in [name for name in sys.modules if name.split(".")[0] == "lofts"]:
        del sys.modules[name]


def test_a_new_channel_is_one_new_file(lofts: Lofts) -> None:
    lofts.drop("pigeon")
    (lofts.folder / "words.py").write_text("SPEC = 'not a channel'")
    specs = discover(lofts.package)
    assert [(spec.name, spec.channel) for spec in specs] == [("pigeon", "pigeon")]
    active = configured({"AMANBA_PIGEON_ADDRESS": "tower"}, now, specs)
    assert active["pigeon"].send(MESSAGE) == Accepted("tower/hello", DeliveryState.SENT)


def test_our_own_channels_are_found() -> None:
    assert {"phones", "twilio_sms"} <= {spec.name for spec in discover()}


def test_two_channels_of_one_name_are_refused(lofts: Lofts) -> None:
    lofts.drop("one")
    lofts.drop("two")
    with pytest.raises(ValueError, match="pigeon"):
        discover(lofts.package)


@pytest.mark.parametrize(
    ("order", "tried"), [("", "one two"), ("two", "two one"), (" two , one", "two one"), ("one,one", "one two")]
)
def test_two_providers_of_one_channel_are_tried_in_order(lofts: Lofts, order: str, tried: str) -> None:
    lofts.drop("two", name="two", prefix="TWO")
    lofts.drop("one", name="one", prefix="ONE")
    env = {"AMANBA_ONE_ADDRESS": "a", "AMANBA_TWO_ADDRESS": "b", "AMANBA_PIGEON_ORDER": order}
    active = configured(env, now, discover(lofts.package))
    assert [one.name for one in providers_of(active.values())] == tried.split()
    assert outside(active) == tried.split()


def test_an_order_of_what_is_not_set_up_stops_the_start(lofts: Lofts) -> None:
    lofts.drop("one", name="one", prefix="ONE")
    lofts.drop("two", name="two", prefix="TWO")
    env = {"AMANBA_ONE_ADDRESS": "a", "AMANBA_PIGEON_ORDER": "two,one"}
    with pytest.raises(NotConfigured, match="AMANBA_PIGEON_ORDER names two; set up for pigeon: one"):
        configured(env, now, discover(lofts.package))


def test_two_channels_of_one_provider_share_its_credentials(lofts: Lofts) -> None:
    lofts.drop("letters", name="letters", channel="letters")
    lofts.drop("parcels", name="parcels", channel="parcels")
    active = configured({"AMANBA_PIGEON_ADDRESS": "tower"}, now, discover(lofts.package))
    assert set(active) == {"letters", "parcels"}


def test_credentials_that_another_channel_uses_begin_nothing(lofts: Lofts) -> None:
    lofts.drop("letters", name="letters", channel="letters")
    lofts.drop("parcels", name="parcels", channel="parcels", more='van: str = Field(title="Van")')
    specs, shared = discover(lofts.package), {"AMANBA_PIGEON_ADDRESS": "tower"}
    assert set(configured(shared, now, specs)) == {"letters"}
    assert set(configured({**shared, "AMANBA_PIGEON_VAN": "blue"}, now, specs)) == {"letters", "parcels"}
    with pytest.raises(NotConfigured, match="AMANBA_PIGEON_ADDRESS"):
        configured({"AMANBA_PIGEON_VAN": "blue"}, now, specs)


def test_with_no_provider_there_are_phones(tmp_path: Path) -> None:
    phones = {"AMANBA_PHONES_PATH": str(tmp_path / "phones.db")}
    assert configured(phones, now)["sms"].name == "phones"
    assert configured({**phones, **TWILIO}, now)["sms"].name == "twilio_sms"
    assert configured({}, now) == {}


@pytest.mark.parametrize("missing", TWILIO)
def test_half_a_configuration_names_what_is_missing(missing: str) -> None:
    with pytest.raises(NotConfigured, match=f"SMS by Twilio is half set up: {missing} is missing"):
        configured({**TWILIO, missing: ""}, now)


def test_an_optional_setting_alone_is_half_a_configuration() -> None:
    with pytest.raises(NotConfigured, match="AMANBA_TWILIO_ACCOUNT_SID"):
        configured({"AMANBA_TWILIO_API_URL": "http://127.0.0.1:1"}, now)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AMANBA_TWILIO_ACCOUNT_SID", "SK123"),
        ("AMANBA_TWILIO_FROM", "48 732"),
        ("AMANBA_TWILIO_FROM", "A name much too long"),
        ("AMANBA_TWILIO_INBOUND", "+48732000000, 0048"),
        ("AMANBA_TWILIO_API_URL", "127.0.0.1"),
        ("AMANBA_TWILIO_TIMEOUT", "60"),
    ],
)
def test_a_wrong_setting_is_named_and_not_repeated(variable: str, value: str) -> None:
    with pytest.raises(NotConfigured, match=variable) as caught:
        configured({**TWILIO, variable: value}, now)
    assert value not in str(caught.value)


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("from-a-file\n")
    (spec,) = (spec for spec in discover() if spec.name == "twilio_sms")
    file = {"AMANBA_TWILIO_AUTH_TOKEN": "", "AMANBA_TWILIO_AUTH_TOKEN_FILE": str(path)}
    assert spec.load({**TWILIO, **file}).model_dump()["auth_token"].get_secret_value() == "from-a-file"
    assert set(configured({**TWILIO, **file}, now)) == {"sms"}
    with pytest.raises(NotConfigured, match="both set"):
        spec.load({**TWILIO, **file, "AMANBA_TWILIO_AUTH_TOKEN": "too"})
    path.unlink()
    with pytest.raises(NotConfigured, match="AMANBA_TWILIO_AUTH_TOKEN_FILE cannot be read"):
        spec.load({**TWILIO, **file})


def test_a_demonstration_can_tell_who_would_reach_real_people(lofts: Lofts, tmp_path: Path) -> None:
    assert outside(configured(TWILIO, now)) == ["twilio_sms"]
    assert outside(configured({**TWILIO, "AMANBA_TWILIO_API_URL": "http://127.0.0.1:4010"}, now)) == []
    assert outside(configured({"AMANBA_PHONES_PATH": str(tmp_path / "phones.db")}, now)) == []
    lofts.drop("pigeon")
    assert outside(configured({"AMANBA_PIGEON_ADDRESS": "tower"}, now, discover(lofts.package))) == ["pigeon"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:4010", "http://localhost/x", "http://[::1]:1", "smtp://127.9.9.9"])
def test_this_machine(url: str) -> None:
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.twilio.com",
        "http://127.0.0.1.example.org",
        "http://localhost@example.org",
        "",
        "http://[",
        "127.0.0.1",
    ],
)
def test_not_this_machine(url: str) -> None:
    assert not is_loopback(url)
