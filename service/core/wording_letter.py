"""What texts say when they go by e-mail: it cannot be answered, so it brings the page that can.

A subject tells nothing to who sees only the list.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.core.wording_text import N_, Translate, cut, cut_name

LONGEST_NAME = 60
DOUBT = N_("If something is not right, answer 4.")
_NOT_READ = N_("Nobody reads answers to this e-mail.")


def letter(text: str, _: Translate, *, link: str = "") -> str:
    """A text to a contact as an e-mail, with the page on which she can answer."""
    if link and text != (end := text.replace(_(DOUBT), "")):
        where = _("If something is not right, say so on this page: {link}").format(link=link)
        return paragraphs([" ".join(end.split())], [where, _(_NOT_READ)])
    return paragraphs([text], letter_end(_, link=link) if link else [_(_NOT_READ)])


def letter_end(_: Translate, *, link: str) -> list[str]:
    """Where to answer, in lines."""
    return [_("Please answer on this page: {link}").format(link=link), _(_NOT_READ)]


def reminder_letter(text: str, _: Translate, *, link: str = "") -> str:
    """A reminder to the traveler of a plain trip as an e-mail, with the page on which she says OK."""
    say_ok = [_("Say OK on this page: {link}").format(link=link)] if link else []
    return paragraphs([text], [*say_ok, _(_NOT_READ)])


def invitation_letter(traveler: str, contact: str, _: Translate, *, link: str, ref_code: str) -> str:
    """Asks a person by e-mail to be a trusted contact; she accepts or refuses on the page. Names are not cut."""
    asks = _(
        "{contact}, {traveler} is going abroad and asks you to be a trusted person."
        " Without a sign in time we write to you what to do."
    ).format(contact=cut(contact, len(contact)), traveler=cut(traveler, len(traveler)))
    page = _("Accept or refuse on this page: {link}").format(link=link)
    return paragraphs([asks], [page, _(_NOT_READ)], [f"#{ref_code}"])


def as_text(letter: str, _: Translate) -> str:
    """What goes by SMS of a letter that no e-mail could carry: one line, without what is true of e-mails only."""
    return " ".join(letter.replace(_(_NOT_READ), "").split())


def news_subject(name: str, _: Translate) -> str:
    """The subject of a notice and of the end of an alarm: the same for good and bad news."""
    return _("{name}: news for you").format(name=cut_name(name, LONGEST_NAME))


def invitation_subject(name: str, _: Translate) -> str:
    """The subject of an invitation; `name` is the traveler who asks."""
    return _("{name}: a question for you").format(name=cut_name(name, LONGEST_NAME))


def operator_subject(_: Translate) -> str:
    """The subject of a page to the operator."""
    return _("Amanba: please read this now")


def paragraphs(*lines: Sequence[str]) -> str:
    """Groups of lines with an empty line between them; an empty group leaves no gap."""
    return "\n\n".join("\n".join(group) for group in lines if group)
