"""The channels: whether each provider knows us, what time it is there, and whether the operator can be paged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from notifiers.base import (
    CallsOut,
    Cause,
    ChecksAccess,
    HasProviders,
    Knows,
    NotConfigured,
    Notifier,
    Rejected,
    SendsAs,
    TakesTexts,
    providers_of,
)
from notifiers.registry import discover
from service.clock import utc_now
from service.doctor.findings import Finding, look, ok, wrong
from service.settings import Settings, environment
from service.usecases.context import WEBHOOK, channel_of, operator_addresses
from service.wiring import channels

CHANNELS, CLOCK, OPERATOR, ANSWERS = "channels", "clock", "operator", "answers"
PHONES_PATH = "AMANBA_PHONES_PATH"
OFF_AT_MOST = timedelta(seconds=10)
"""A provider's header knows whole seconds, and its answer was some on the way."""

_DO = {
    Cause.PERMANENT: "See the provider's console.",
    Cause.STOPPED: "See the provider's console.",
    Cause.TEMPORARY: "Try again later; see the provider's console if it stays so.",
    Cause.CONFIGURATION: "Mend the credentials, the sender or its rights in the settings and the provider's console.",
}


def set_up(settings: Settings) -> tuple[dict[str, Notifier], list[Finding]]:
    """The channels that reach somebody, and what is wrong with their settings. The simulated one is not made: it would
    write a file."""
    env = {name: value for name, value in environment(settings).items() if name != PHONES_PATH}
    try:
        active = channels(settings, env)
    except NotConfigured as error:
        return {}, [wrong(CHANNELS, f"{error}.", "Amanba does not start with it.")]
    people = [channel for channel in active if channel != WEBHOOK]
    if not people:
        say = look if settings.demo else wrong
        said = "No provider is set up: there are simulated phones, and no message leaves this machine."
        return active, [say(CHANNELS, said, "Set AMANBA_TWILIO_ACCOUNT_SID, _AUTH_TOKEN and _FROM for real phones.")]
    if "sms" not in people:
        said = "No channel carries texts: nobody can sign in, because codes go by SMS."
        return active, [wrong(CHANNELS, said, "Set AMANBA_TWILIO_ACCOUNT_SID, _AUTH_TOKEN and _FROM.")]
    return active, []


def look_at_provider(notifier: Notifier) -> Iterator[Finding]:
    """Whether it knows us and has our time."""
    title = next((spec.title for spec in discover() if spec.name == notifier.name), notifier.name)
    about = notifier.channel
    if not isinstance(notifier, ChecksAccess):
        yield ok(about, f"{title} is set up; it cannot be asked without sending something.")
        return
    began = utc_now()
    match notifier.check_access():
        case Knows(at):
            yield ok(about, f"{title}: the provider knows us. Nothing was sent.")
            if at is not None:
                off = began + (utc_now() - began) / 2 - at
                said = f"Ours is {off.total_seconds():+.0f} s off the provider's ({notifier.name})."
                far = "Let this machine follow the time by NTP: deadlines and lists go by it."
                yield ok(CLOCK, said) if abs(off) <= OFF_AT_MOST else wrong(CLOCK, said, far)
        case Rejected(cause, code, reason):
            yield wrong(about, f"{title}: the provider refuses us ({code}: {reason}).", _DO[cause])
        case silent:
            where = f" to {notifier.api_url}" if isinstance(notifier, CallsOut) else ""
            said = f"{title}: the provider does not answer ({silent.reason})."
            yield wrong(about, said, f"See whether the network lets this machine out{where}.")


def look_at_answers(active: Mapping[str, Notifier]) -> Iterator[Finding]:
    """Whether people can text us, and in which order the providers of a channel are tried."""
    for channel, notifier in active.items():
        if isinstance(notifier, HasProviders):
            order = ", then ".join(one.name for one in notifier.providers)
            yield ok(channel, f"Messages go by {order} (AMANBA_{channel.upper()}_ORDER).")
    texted = active.get("sms")
    if texted is None or (isinstance(texted, TakesTexts) and texted.inbound_numbers):
        return
    if any(isinstance(one, SendsAs) and not one.sender_for("") for one in providers_of([texted])):
        said = "A Messaging Service sends, and no number of it is known: texts cannot say which number to write to."
        yield look(ANSWERS, said, "Name its numbers in AMANBA_TWILIO_INBOUND, the one to be printed first.")
    else:
        said = (
            "Nobody can text us: our sender is a name, to which no answer comes. OK goes by the page or a chat alone."
        )
        yield look(ANSWERS, said, "Name a number that people text: AMANBA_TWILIO_INBOUND, or another provider's.")


def look_at_operator(settings: Settings, active: Mapping[str, Notifier]) -> Iterator[Finding]:
    """Who is paged, and by what."""
    addresses = operator_addresses(settings.operator)
    if not addresses:
        say = look if settings.demo else wrong
        said = "AMANBA_OPERATOR is not set: nobody is paged when a person must step in, and no real trip can begin."
        yield say(OPERATOR, said, "Set it to a number like +77011234567, an e-mail address or a webhook, or several.")
        return
    served = [channel for channel in map(channel_of, addresses) if channel in active]
    unserved = [channel for channel in map(channel_of, addresses) if channel not in active]
    if not served:
        said = f"No channel reaches AMANBA_OPERATOR ({', '.join(unserved)}): pages would go to the log alone."
        yield wrong(OPERATOR, said, "Set that channel up, or name an address that one of ours reaches.")
        return
    if unserved:
        said = f"An address of AMANBA_OPERATOR has no channel that reaches it ({', '.join(unserved)})."
        yield look(OPERATOR, said, "Set that channel up, or take the address out.")
    if len(served) == 1:
        said = f"Whoever runs this is paged by {served[0]} alone."
        yield look(OPERATOR, said, "Name a second way in AMANBA_OPERATOR, for the day when that one is down.")
    else:
        yield ok(OPERATOR, f"Whoever runs this is paged by {', '.join(served)}, all at once.")
