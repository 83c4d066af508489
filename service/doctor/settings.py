"""The settings: each alone, all together, and those that nobody reads."""

from __future__ import annotations

from pydantic import ValidationError

from service.doctor.findings import Finding, look, ok, wrong
from service.settings import Settings, faults
from service.wiring import complaints, unknown_settings

SETTINGS = "settings"


def look_at_settings() -> tuple[Settings | None, list[Finding]]:
    """The settings, when they can be used at all, and everything that is wrong with them."""
    try:
        settings = Settings()
    except ValidationError as error:
        mend = "Mend this first; the rest was not looked at."
        return None, [wrong(SETTINGS, f"{fault}.", mend) for fault in faults(error)]
    found = [wrong(SETTINGS, f"{complaint}.", "Amanba does not start with it.") for complaint in complaints(settings)]
    found += [
        look(
            SETTINGS, f"{name} is set, and nothing reads it.", "Is it mistyped, or from another version? Else unset it."
        )
        for name in unknown_settings()
    ]
    if settings.demo:
        said = "AMANBA_DEMO=1: lower bounds are lifted to a second, and nobody outside this machine may be reached."
        found.append(look(SETTINGS, said, "Unset it before anybody relies on this installation."))
    return settings, found or [ok(SETTINGS, "Every setting can be used.")]
