"""What the demonstration's templates show of each phone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from babel.dates import get_timezone_location

from service.core.alarm import AlarmKind
from service.core.wording import Translate
from service.core.wording_keywords import MENU_WORD
from service.texts import translator
from service.usecases.seed_demo import DURESS_WORD, SAFE_WORD, TRIP_ID
from service.usecases.show_phones import Board, Phone, Standing
from service.usecases.show_switch import Stage, Switch
from service.usecases.simulated import PhoneText
from service.web.narration import narrate
from service.web.timeline import NEAR, WIDE, draw

Count = Callable[[str], int]


def board_view(board: Board, language: str, segments: Count) -> dict[str, Any]:
    """A trip's phones and what its switch waits for, in the reader's language."""
    _ = translator(language)
    switch, hers = board.switch, board.phones[0]
    answering = hers.answers_by_itself
    words = (SAFE_WORD, DURESS_WORD) if board.trip_id == TRIP_ID else None
    return {
        "of": str(board.trip_id),
        "check_in": board.check_in,
        "words": narrate(switch, board.names, _, answers=answering),
        "wide": draw(switch, board.names, _, WIDE),
        "near": draw(switch, board.names, _, NEAR),
        "phones": [
            _phone(phone, place, switch, language, segments, words, asks=board.asks)
            for place, phone in enumerate(board.phones, start=1)
        ],
    }


def others_view(phones: Sequence[Phone], language: str, segments: Count, now: datetime, of: str) -> dict[str, Any]:
    """Phones that belong to no trip: a thread and a box to text from, and no story."""
    switch = Switch(Stage.DRAFT, now.replace(microsecond=0), "UTC", "", "")
    shown = [_phone(phone, place, switch, language, segments, None) for place, phone in enumerate(phones, start=1)]
    return {"of": of, "check_in": "", "words": None, "wide": None, "near": None, "phones": shown}


def shown_number(number: str) -> str:
    """A number as people write it."""
    return phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _phone(
    phone: Phone,
    place: int,
    switch: Switch,
    language: str,
    segments: Count,
    words: tuple[str, str] | None,
    *,
    asks: bool = False,
) -> dict[str, Any]:
    _ = translator(language)
    hers = phone.standing is Standing.TRAVELER
    tone, tag, filled = _traveler_tag(switch, _) if hers else _contact_tag(phone, switch, _)
    if not phone.name:
        tone, tag, filled = "", "", False
    zone = ZoneInfo(phone.zone)
    city = switch.city if hers and switch.city else _city(phone.zone, language)
    return {
        "id": f"phone-{place}",
        "number": phone.number,
        "shown_number": shown_number(phone.number),
        "name": phone.name,
        "about": _("traveler") if hers else phone.relation,
        "city": city,
        "clock": f"{switch.now.astimezone(zone):%H:%M}",
        "tone": tone,
        "tag": tag,
        "filled": filled,
        "hers": hers,
        "language": phone.language,
        "answers_by_itself": phone.answers_by_itself,
        "texts": [_text(text, zone, switch, segments, _) for text in phone.texts],
        "quick": _hers(_, words, translator(phone.language)(MENU_WORD) if asks else "") if hers else _theirs(phone, _),
    }


def _traveler_tag(switch: Switch, _: Translate) -> tuple[str, str, bool]:
    """Only what her own phone could know: a quiet signal leaves no trace here."""
    if switch.stage is Stage.ASKED:
        return "s0", _("asked"), False
    late = switch.stage is Stage.LATE or (switch.kind is AlarmKind.MISSED and switch.stage is not Stage.CLEAR)
    if late and switch.deadline is not None:
        return "s1", _("no answer"), False
    if switch.stage in (Stage.DRAFT, Stage.ENDED):
        return "", "", False
    return "s0", _("on time"), True


def _contact_tag(phone: Phone, switch: Switch, _: Translate) -> tuple[str, str, bool]:
    grave = "sd" if switch.kind is AlarmKind.DURESS else "s2"
    at = f"{phone.at.astimezone(ZoneInfo(phone.zone)):%H:%M}" if phone.at else ""
    match phone.standing:
        case Standing.TOLD:
            return grave, _("told {time}").format(time=at), False
        case Standing.HAS_IT:
            return "s1", _("has it until {time}").format(time=at), True
        case Standing.CANNOT:
            return "s1", _("cannot now"), False
        case Standing.HEARD:
            return "s0", _("voice heard"), True
        case Standing.CLEARED:
            return "s0", _("all-clear {time}").format(time=at), True
        case Standing.INVITED:
            return "s0", _("asked to be trusted"), False
        case Standing.GONE:
            return "", _("not a contact"), False
        case _:
            return "", _("sees nothing"), False


def _text(text: PhoneText, zone: ZoneInfo, switch: Switch, segments: Count, _: Translate) -> dict[str, Any]:
    local, today = text.at.astimezone(zone), switch.now.astimezone(zone)
    clock = f"{local:%H:%M:%S}" if local.date() == today.date() else f"{local:%d.%m %H:%M}"
    parts = segments(text.body)
    caption, tone = _captions(_).get(text.kind, ("", ""))
    quiet = switch.kind is AlarmKind.DURESS and switch.opened_at is not None and text.at >= switch.opened_at
    if quiet and text.kind in ("alert", "notice"):
        caption, tone = _("Quiet signal"), "sd"
    said = [caption, clock, _("{number} SMS").format(number=parts) if parts > 1 and not text.mine else ""]
    return {
        "key": ("m" if text.mine else "r") + text.id,
        "body": text.body,
        "mine": text.mine,
        "tone": tone,
        "meta": " · ".join(part for part in said if part),
    }


def _captions(_: Translate) -> Mapping[str, tuple[str, str]]:
    """What a text is, for an onlooker who does not read its language, and its tone."""
    return {
        "reminder": (_("Reminder"), ""),
        "alert": (_("Alarm"), "s2"),
        "all_clear": (_("All-clear"), "s0"),
        "notice": (_("News of the alarm"), "s1"),
        "rehearsal": (_("Rehearsal"), ""),
        "reply": (_("Reply"), ""),
        "invitation": (_("Invitation"), ""),
        "sign_up": (_("Code"), ""),
        "page_code": (_("Code"), ""),
        "operator": (_("Page to the operator"), "s1"),
        "test": (_("A test"), ""),
        "traveler_notice": (_("Notice"), ""),
        "weekly": (_("Notice"), ""),
        "still_yours": (_("Notice"), ""),
        "answered": (_("by itself"), ""),
    }


def _hers(_: Translate, words: tuple[str, str] | None, menu: str) -> list[dict[str, Any]]:
    keys = [_key("OK", "OK", main=True), _key("SOS", "SOS", _("asks for help"))]
    if menu:
        keys.append(_key(menu, menu, _("what she can ask")))
    if words:
        keys += [
            _key(word, label, f"«{word}»", tag="ru")
            for word, label in zip(words, (_("Safe word"), _("Duress word")), strict=True)
        ]
    return keys


def _theirs(phone: Phone, _: Translate) -> list[dict[str, Any]]:
    if not phone.name:
        return [_key("1", "1"), _key("2", "2")]
    if not phone.accepted:
        return [_key("1", _("1 I accept")), _key("STOP", _("STOP No"))]
    said = ((_("I take it"), "1"), (_("heard the voice"), "2"), (_("I cannot"), "3"), (_("not right"), "4"))
    return [_key(digit, digit, hint, main=digit == "1") for hint, digit in said]


def _key(value: str, label: str, hint: str = "", *, tag: str = "", main: bool = False) -> dict[str, Any]:
    """A button that texts `value`; `tag` is the language of the hint when it is not the page's."""
    return {"value": value, "label": label, "hint": hint, "tag": tag, "main": main}


def _city(zone: str, language: str) -> str:
    return str(get_timezone_location(zone, locale=language, return_city=True)) if "/" in zone else ""
