"""Eyes on everything a journey passes: axe, the console, the policy, the width."""

import re
from pathlib import Path
from typing import Literal

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NARROW, PHONE, DESK = 320, 390, 1440
# A form that is refused answers with its reasons and one of these; a page may be gone.
_ANSWERS = {402, 404, 409, 410, 422}
# Wagtail's editor saves by itself, and is told so when the page is not complete yet.
_AUTOSAVE = re.compile(r"/admin/pages/\d+/edit/$")
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# What still fades in would be measured half transparent.
_SETTLED = """() => document.getAnimations().forEach((animation) => {
  if (animation.effect.getComputedTiming().endTime !== Infinity) animation.finish();
})"""
Theme = Literal["light", "dark"]


class Watch:
    """Collects what is wrong while a journey goes on; `faults` is empty in the end."""

    def __init__(self, context: BrowserContext) -> None:
        self.faults: list[str] = []
        context.on("console", self._hear)
        context.on("response", self._receive)
        context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            where = message.page.url if message.page else "?"
            self.faults.append(f"{where}: console: {message.text}")

    def _receive(self, response: Response) -> None:
        expected = response.request.is_navigation_request() and response.status in _ANSWERS
        expected |= response.status == 400 and bool(_AUTOSAVE.search(response.url))
        if response.status >= 400 and not expected:
            method, url = response.request.method, response.url
            self.faults.append(f"{method} {url}: answered {response.status}")

    def look(self, page: Page, *, whole: bool = False) -> None:
        """Examine the page as it is now: on a desk in the light, on a phone in the dark.

        `whole` examines both widths in both themes. The viewport is as before afterwards.
        """
        before = page.viewport_size or {"width": DESK, "height": 900}
        themes: list[tuple[int, Theme]] = [(DESK, "light"), (PHONE, "dark")]
        if whole:
            themes += [(DESK, "dark"), (PHONE, "light")]
        for width, theme in themes:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            self.faults += [f"{width} {theme} {fault}" for fault in faults_of(page)]
            self.measure(page, width)
        page.set_viewport_size({"width": NARROW, "height": 900})
        self.measure(page, NARROW)
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.set_viewport_size(before)

    def look_at_screen(self, page: Page) -> None:
        """Examine a screen of the admin: what is ours of it, not the frame around it."""
        self.faults += faults_of(page, within="main")

    def measure(self, page: Page, width: int) -> None:
        if (beyond := page.evaluate(_OVERFLOW)) > 0:
            self.faults.append(f"{page.url}: {beyond} pixels wider than {width}")


def faults_of(page: Page, *, within: str = "document") -> list[str]:
    """Return what axe finds wrong on the page by WCAG 2.2 AA."""
    page.wait_for_load_state("load")
    page.evaluate(_SETTLED)
    page.evaluate(AXE.read_text())
    report = page.evaluate(
        "([where, rules]) => axe.run(where === 'document' ? document : where, {runOnly: rules,"
        " resultTypes: ['violations']})",
        [within, RULES],
    )
    return [
        f"{page.url}: {fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in report["violations"]
        for node in fault["nodes"]
    ]
