"""What whoever runs this reads of a channel: a test of it, and what to do about what its provider has said."""

from __future__ import annotations

from collections.abc import Mapping

from service.core.wording_text import N_, Translate

TEST = N_("A test by Amanba: this way works. Nothing has happened, and no answer is needed.")
TEST_SUBJECT = N_("A test")
TEST_NAME = N_("a test")
"""In the place of a name, in a call made of what is always said."""

_THIS_ADDRESS = N_("Only that one address is at fault: the person is told by her next one. Nothing to do here.")
_PASSES = N_("It is tried again, and by the person’s next address. Look again if it stays so.")
_OURS = N_("Mend the credentials, the sender or its rights, here and in the provider’s console.")
_NO_VERDICT = N_("See whether the network lets this machine out, and what the provider’s status page says.")
_ACCOUNT = N_("Compare the account and its token with the provider’s console.")
_SENDER = N_("Choose a sender that belongs to this account and may write to that country.")
_COUNTRY = N_(
    "Switch that country on in the provider’s console, under Geo permissions: texts and calls each have theirs."
)
_TRIAL = N_("A trial account reaches none but verified numbers. Upgrade it before anybody relies on it.")
_SUSPENDED = N_("The account is suspended or switched off. See the provider’s console, and what is to be paid.")
_FILTERED = N_(
    "The carrier takes our texts for advertising. Register the sender in that country, or choose another one."
)
_REGISTER = N_("Register the sender with the provider for that country; until then its texts are blocked.")
_STOPPED = N_("That person has said STOP. Only she can take it back, by START. Nothing to do here.")
_HOOK = N_("The provider could not call us. See amanba doctor about the public URL.")
_TOO_MANY = N_(
    "More was handed over than the provider takes. It goes on by itself; a larger allowance makes it faster."
)
_UNSERVED = N_("Messages wait for a channel whose settings are gone. Bring them back.")

BY_CODE: Mapping[str, str] = {
    **dict.fromkeys(("20003", "20404", "401", "404", "530", "534", "535", "538", "http_401", "http_403"), _ACCOUNT),
    **dict.fromkeys(("21212", "21603", "21606", "21612", "21659", "21660", "21210", "21213"), _SENDER),
    **dict.fromkeys(("21408", "21215", "13227"), _COUNTRY),
    **dict.fromkeys(("21608", "21219", "10002"), _TRIAL),
    **dict.fromkeys(("20005", "30002", "10001", "10005"), _SUSPENDED),
    "30007": _FILTERED,
    **dict.fromkeys(("30032", "30034"), _REGISTER),
    **dict.fromkeys(("11200", "21205", "21609"), _HOOK),
    **dict.fromkeys(("20429", "429", "http_429", "21611", "30001", "10004"), _TOO_MANY),
    "unserved": _UNSERVED,
    "unavailable": _NO_VERDICT,
}
"""What to do about a provider's code, where it says more than its cause."""
BY_CAUSE: Mapping[str, str] = {
    "permanent": _THIS_ADDRESS,
    "stopped": _STOPPED,
    "temporary": _PASSES,
    "configuration": _OURS,
}


def advice(cause: str, code: str, _: Translate) -> str:
    """What to do after a refusal with this `code`, which means `cause` (`notifiers.base.Cause`)."""
    # A mail server's code has its enhanced one behind it.
    return _(BY_CODE.get(code) or BY_CODE.get(code.partition(" ")[0]) or BY_CAUSE.get(cause, _PASSES))
