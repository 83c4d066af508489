"""Take the pictures of the pages: `make screenshots` writes the README's to deploy/pictures/, and every page in every
language, by day and by night, on a small phone and on a desk, to build/pictures/, to be looked at one by one.

Every picture is of the real pages, at a moment of the demonstration's story that the clock of the tests makes.
"""

import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from service.db.migrate import upgrade  # noqa: E402
from service.logs import set_up_logging  # noqa: E402
from service.texts import LANGUAGES  # noqa: E402
from tests.browser.demonstration import GULNAR, Demonstration, served  # noqa: E402
from tests.web.form_world import world_of  # noqa: E402
from tests.web.installation import furnish  # noqa: E402

PICTURES = ROOT / "deploy" / "pictures"
ALL_PICTURES = ROOT / "build" / "pictures"
IN_README = {
    ("ru-360-light", "home"): "home-small",
    ("en-360-light", "step_plan"): "plan-small",
    ("kk-360-dark", "alarm_missed"): "alarm-small-dark",
    ("en-360-light", "invitation"): "invitation-small",
}
DESK, HAND = (1280, 900), (360, 740)


@contextmanager
def demonstration(language: str) -> Iterator[tuple[Demonstration, str]]:
    """A fresh one that tells its story in `language`, and its address."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/amanba.db"
        upgrade(url)
        demo = Demonstration(url, Path(folder), language)
        try:
            with served(demo.app()) as site:
                yield demo, site
        finally:
            demo.close()


def take(browser: Browser, url: str, name: str, language: str, size: tuple[int, int], *, dark: bool = False) -> None:
    """One picture of the first view of a page."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        locale=language,
    )
    page = context.new_page()
    page.goto(url)
    page.screenshot(path=PICTURES / f"{name}.png")
    context.close()
    print(f"{name}.png")


def take_every_page(browser: Browser) -> None:
    """Every page of a furnished installation, whole."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/amanba.db"
        upgrade(url)
        worlds = world_of(url)
        world = next(worlds)
        places = furnish(world).places
        with served(world.client.app) as site:  # type: ignore[arg-type]
            for language, (width, height), scheme in product(LANGUAGES, (HAND, DESK), ("light", "dark")):
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme="dark" if scheme == "dark" else "light",
                    reduced_motion="reduce",
                    locale=language,
                )
                page = context.new_page()
                for name, place in places.items():
                    context.clear_cookies()
                    if place.session:
                        context.add_cookies([{"name": place.cookie, "value": place.session, "url": site}])
                    page.goto(f"{site}{place.path}?lang={language}")
                    way = f"{language}-{width}-{scheme}"
                    page.screenshot(path=ALL_PICTURES / way / f"{name}.png", full_page=True)
                    if shown := IN_README.get((way, name)):
                        page.screenshot(path=PICTURES / f"{shown}.png")
                context.close()
                print(f"{language}-{width}-{scheme}: {len(places)} pages")
        worlds.close()


def main() -> None:
    """All pictures."""
    set_up_logging("ERROR")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        with demonstration("en") as (demo, site):
            take(browser, site, "first-page", "en", DESK)
            demo.advance(40)
            take(browser, f"{site}/phones", "phones-calm", "en", DESK)
            demo.stop_answering()
            demo.advance(60)
            take(browser, f"{site}/phones", "phones-alarm", "en", DESK)
            demo.type(GULNAR, "1")
            take(browser, f"{site}/phones", "phones-held", "en", DESK, dark=True)
            demo.type(GULNAR, "2")
            demo.advance(5)
            take(browser, f"{site}/phones", "phones-all-clear", "en", DESK)
        with demonstration("kk") as (demo, site):
            demo.stop_answering()
            demo.advance(100)
            take(browser, f"{site}/phones", "phones-small", "kk", HAND)
            alarm = re.findall(r"/a/\w+", " ".join(demo.received(GULNAR, "alert")))[0]
            take(browser, f"{site}{alarm}", "alarm-small", "kk", HAND)
        take_every_page(browser)
        browser.close()


if __name__ == "__main__":
    main()
