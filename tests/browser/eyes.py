"""What axe finds wrong with a page, at the price of little more than looking.

The script is half a megabyte: a context that gets it once, before its first page, does not have it sent to each page.
Only what is wrong comes back, not the thousands of nodes that are right.
"""

from __future__ import annotations

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Page

LOOK = """axe.run({resultTypes: ["violations"], reporter: "no-passes"}).then(({violations}) =>
  violations.map(({id, nodes}) => `${id}: ${nodes[0].html.slice(0, 120)}`))"""


def ready_to_look(context: BrowserContext) -> None:
    """Every page of this context from now on brings what `violations` needs."""
    context.add_init_script(AXE_SCRIPT)


def violations(page: Page) -> list[str]:
    """Each rule that the page breaks, with where it does first."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(LOOK)
    return found
