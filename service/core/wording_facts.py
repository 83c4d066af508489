"""The names of what a traveler tells of herself and of her papers, the same in forms and on what her people read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from service.core.wording_text import N_, Translate

OFFERED_BY = (
    ("friend", N_("A friend or relative")),
    ("agency", N_("An agency")),
    ("advert", N_("An ad or a chat")),
    ("other", N_("Somebody else")),
)
VISAS = (
    ("work", N_("Work visa or work permit")),
    ("seasonal", N_("Seasonal work")),
    ("student", N_("Student visa")),
    ("residence", N_("Residence permit")),
    ("tourist", N_("Tourist visa")),
    ("guest", N_("Guest or private visa")),
    ("none", N_("I need no visa there")),
)
"""What is stored, and what a person reads."""

PERSON = (
    (
        N_("Name and birth"),
        (
            ("other_names", N_("Earlier names and nicknames"), ""),
            ("birth_place", N_("Place of birth"), ""),
            ("languages", N_("Languages that you speak"), ""),
        ),
    ),
    (
        N_("Papers"),
        (
            ("passport", N_("Passport number, and until when it is valid"), ""),
            (
                "copies",
                N_("Who has copies of your papers"),
                N_("Who has them and where. Do not send pictures here."),
            ),
        ),
    ),
    (
        N_("The way there"),
        (
            ("journey", N_("Flight, train or bus"), N_("Its number, and where you change")),
            ("booking", N_("Booking code"), ""),
        ),
    ),
    (
        N_("Looks"),
        (
            ("height", N_("Height and build"), ""),
            ("hair_eyes", N_("Hair and eyes"), ""),
            ("marks", N_("Scars, tattoos, teeth, glasses"), ""),
            ("photo", N_("Who has a recent photo of you"), ""),
        ),
    ),
    (
        N_("Health"),
        (
            ("health", N_("Illness, pregnancy, allergy"), N_("What somebody who finds you must know")),
            ("medicine", N_("Medicine that you need"), ""),
            ("blood_group", N_("Blood group"), ""),
        ),
    ),
    (
        N_("Phones and accounts"),
        (
            ("other_numbers", N_("Other numbers and SIM cards"), ""),
            ("phone_model", N_("Your phone"), N_("Maker, model, color")),
            ("accounts", N_("Messengers and social networks"), N_("Names only, never a password")),
            ("bank", N_("Name of your bank"), N_("No card numbers")),
        ),
    ),
)
"""What may help to find her, by the names under which it is stored: label and hint in English."""

PERSON_LABELS: Mapping[str, str] = MappingProxyType(
    {name: label for _title, fields in PERSON for name, label, _hint in fields}
)


def visa_said(kind: str, _: Translate) -> str:
    """A kind of visa in words; one that she wrote in words of her own is said in them."""
    known = dict(VISAS).get(kind)
    return _(known) if known else kind
