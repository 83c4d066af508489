"""One spelling of punctuation for all who carry texts: what Twilio would fold by itself, nobody else would."""

from notifiers.segments import is_gsm7
from tests.web.api_world import DANIYAR, GULNAR, MOTHER, World, world

__all__ = ["world"]


def test_a_text_is_spelled_cheaply_whoever_carries_it_and_a_dear_one_as_it_was_written(world: World) -> None:
    world.sign_in(name="Oʻgʻiloy")
    trip = world.trip()
    for phone, language, name in (
        (GULNAR, "en", "O'g'iloy"),
        (DANIYAR, "ru", "Oʻgʻiloy"),
    ):
        world.contact(trip, {**MOTHER, "phone": phone, "language": language}, accepted=False)
        text = world.texts(phone, "invitation")[-1]
        assert name in text
        assert is_gsm7(text) is (language == "en")
