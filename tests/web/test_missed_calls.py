"""Her page about missed calls: a switch of hers, off until she turns it on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from notifiers.base import Accepted, DeliveryState, Message, SendResult
from service.app import create_app
from service.usecases.missed_calls import show_missed_calls
from tests.client import Client
from tests.web.form_world import FormWorld, forms_once, shown

__all__ = ["forms_once"]


@dataclass
class Calls:
    """Has a number that can be called."""

    name: str = "calls"
    channel: str = "voice"
    called_numbers: tuple[str, ...] = ("+48732000000",)

    def send(self, message: Message) -> SendResult:
        return Accepted(message.outbox_id, DeliveryState.DELIVERED)


@contextmanager
def with_calls(forms: FormWorld) -> Iterator[FormWorld]:
    """The same installation, which can be called."""
    before, service = forms.client, forms.service
    richer = replace(service, notifiers={**service.notifiers, "voice": Calls()})
    with Client(create_app(service=richer), cookies=before.cookies) as client:
        forms.client, forms.hidden, forms.service = client, {}, richer
        yield forms
    forms.client, forms.hidden, forms.service = before, {}, service


def test_she_turns_it_on_and_off(forms_once: FormWorld) -> None:
    trip = forms_once.state(forms_once.armed()).key
    forms_once.enter_later()
    assert "missed call" not in shown(forms_once.open("/number")).lower(), "nobody is called where no call comes in"
    with with_calls(forms_once) as forms:
        page = shown(forms.open("/number"))
        assert "You can also answer by calling +48 732 000 000" in page
        assert "easier to forge than a text" in page
        assert not show_missed_calls(forms.service, trip).is_on
        for _ in range(2):
            answer = forms.send("/number", {"calls": "on"}, to="/number/calls")
            assert "a call to +48 732 000 000 is an answer" in shown(answer)
        assert show_missed_calls(forms.service, trip).is_on
        assert "Missed calls are no answer" in shown(forms.open("/number"))
        assert "no answer any more" in shown(forms.send("/number", {"calls": "off"}, to="/number/calls"))
        assert not show_missed_calls(forms.service, trip).is_on
