"""What a chat with us says to who opens it: the same to everybody who may not be told that it has begun."""

from __future__ import annotations

from service.core.wording_text import N_, Translate

_GREETING = N_(
    "Hello. A link to this chat works once, and for some days. If nothing follows here, please ask for a new one."
)
_HERS = N_("You can answer us here from now on: OK is enough.")
_CONTACTS = N_("From now on we write to you here as well when {name} gives no sign.")
_ANOTHER = N_("A Telegram chat can answer for you from now on. If you did not ask for it, please tell your people.")


def greeting(_: Translate) -> str:
    """To anybody who opens the chat: it says nothing of anybody, whoever she is and whatever she brought along."""
    return _(_GREETING)


def chat_is_hers(_: Translate) -> str:
    """To a traveler whose chat it is from now on, where a text may say so."""
    return _(_HERS)


def chat_is_a_contacts(name: str, _: Translate) -> str:
    """To somebody who had accepted before."""
    return _(_CONTACTS).format(name=name)


def another_chat(_: Translate) -> str:
    """To a traveler's other phones, where a text may say so."""
    return _(_ANOTHER)
