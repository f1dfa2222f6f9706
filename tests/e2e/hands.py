"""A person who only has a keyboard, and always wants to see where the focus is."""

from playwright.sync_api import Locator, Page, expect

# Hidden radios and links that cover a tile show their ring on what is drawn for them.
_RING = """
() => {
  const element = document.activeElement;
  if (!element || element === document.body) return "nothing has the focus";
  const name = element.outerHTML.slice(0, 120);
  if (!element.matches(":focus-visible")) return `the focus is not shown: ${name}`;
  const around = [element.closest("label"), element.closest("article")];
  const drawn = [element, element.nextElementSibling, ...around];
  const ringed = drawn.find((one) => {
    if (!one) return false;
    const style = getComputedStyle(one);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  });
  if (!ringed) return `no ring: ${name}`;
  const box = ringed.getBoundingClientRect();
  if (box.width < 1 || box.height < 1) return `the ring has no size: ${name}`;
  if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth)
    return `out of sight: ${name}`;
  const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1);
  const y = Math.min(Math.max(box.top + Math.min(box.height / 2, 20), 1), innerHeight - 1);
  const top = document.elementFromPoint(x, y);
  const near = top && (ringed.contains(top) || top.contains(ringed));
  return near ? "" : `covered by ${top?.outerHTML.slice(0, 80)}: ${name}`;
}
"""
# Whoever reads with the ears meets things in the document's order: the Tab key must too.
_IN_ORDER = """
([before, now]) => !before.isConnected
  || Boolean(before.compareDocumentPosition(now) & Node.DOCUMENT_POSITION_FOLLOWING)
"""


class Hands:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[str] = []

    def reach(self, target: Locator, *, most: int = 60) -> None:
        """Press Tab until the target has the focus; every stop on the way must be visible."""
        expect(target).to_be_visible()
        for _ in range(most):
            before = self.page.evaluate_handle("document.activeElement")
            self.page.keyboard.press("Tab")
            self.check()
            now = self.page.evaluate_handle("document.activeElement")
            if not self.page.evaluate(_IN_ORDER, [before, now]):
                self.faults.append(f"{self.page.url}: Tab goes back to {now}")
            if target.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError(f"{most} Tabs do not reach {target}")

    def check(self) -> None:
        if problem := self.page.evaluate(_RING):
            self.faults.append(f"{self.page.url}: {problem}")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def follow(self, target: Locator) -> None:
        """Reach a link or a button, press Enter and wait for the page it leads to."""
        self.reach(target)
        self.send()

    def send(self) -> None:
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def write(self, target: Locator, text: str) -> None:
        self.reach(target)
        self.page.keyboard.type(text)
