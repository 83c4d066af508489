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
            ("sex", N_("Sex"), ""),
            ("family", N_("Marital state, children"), ""),
            ("iin", N_("Personal identification number"), N_("Only for the police and the consulate")),
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
            ("permit", N_("Residence or work permit"), ""),
            ("consular_register", N_("Registered with the consulate"), N_("Yes or no, and where")),
        ),
    ),
    (
        N_("The way there"),
        (
            ("journey", N_("Flight, train or bus"), N_("Its number, and where you change")),
            ("booking", N_("Booking code"), ""),
            ("border", N_("Border crossing, car and its plate"), ""),
            ("paid_by", N_("Who paid for the way"), N_("And whether you must pay it back")),
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
            ("doctor", N_("Doctor, dentist"), N_("Who knows your health, and in which city")),
        ),
    ),
    (
        N_("Phones and accounts"),
        (
            ("other_numbers", N_("Other numbers and SIM cards"), ""),
            ("phone_model", N_("Your phone"), N_("Maker, model, color")),
            ("accounts", N_("Messengers and social networks"), N_("Names only, never a password")),
            ("bank", N_("Name of your bank"), N_("No card numbers")),
            ("imei", N_("The phone’s IMEI"), N_("It stands on the box; *#06# shows it")),
            ("cloud", N_("Account that can find the phone"), N_("Its name only, never a password")),
        ),
    ),
    (
        N_("Where you live, and who is near to you"),
        (
            ("landlord", N_("Whose house it is"), ""),
            ("room_mates", N_("Room mates"), N_("Names and numbers, if they agree")),
            ("kin", N_("Next of kin"), ""),
            (
                "not_to_tell",
                N_("Who must not be told about you"),
                N_("Only the police and an organization may read it, and only if you mark them above."),
            ),
        ),
    ),
)
"""What may help to find her, by the names under which it is stored: label and hint in English."""

OFFER = (
    ("employer_register", N_("The employer’s register number"), N_("As the contract has it")),
    ("boss", N_("Boss or foreman"), ""),
    ("recruiter", N_("Who spoke with you"), N_("Names, numbers and profiles of whoever offered the job")),
    ("advert", N_("The ad, and where it was"), ""),
    ("promised", N_("What was promised"), N_("Pay, duties, hours, days off")),
    ("debt", N_("What you must pay back"), ""),
    ("contract", N_("Who has a copy of your contract"), ""),
)
"""What may help to find out about the job, told and stored in the same way."""

PERSON_LABELS: Mapping[str, str] = MappingProxyType(
    {name: label for _title, fields in PERSON for name, label, _hint in fields}
)


def visa_said(kind: str, _: Translate) -> str:
    """A kind of visa in words; one that she wrote in words of her own is said in them."""
    known = dict(VISAS).get(kind)
    return _(known) if known else kind
