"""What keeps somebody out of a page, as axe sees it."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Frame, Page

SETTLED = (
    "() => Promise.allSettled(document.getAnimations().filter(a => a instanceof CSSTransition).map(a => a.finished))"
)


def expect_no_barrier(page: Page | Frame, region: str | None = None) -> None:
    """Fail with what axe has against the page, or a region of it by its selector."""
    page.evaluate(SETTLED)  # colors on their way from one theme to the other are nobody's: look when they have arrived
    found = Axe().run(page, region)
    assert found.violations_count == 0, found.generate_report()
