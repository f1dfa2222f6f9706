"""What sellers and staff do in the admin."""

from playwright.sync_api import Page, expect


def approve(page: Page, base: str) -> None:
    """Read an application and let its seller begin, for a tenth of what is sold."""
    page.goto(f"{base}/admin/office/applications/")
    page.get_by_role("link", name="Mira Glas").click()
    expect(page.get_by_text("blown by hand")).to_be_visible()
    page.watch.look_at_screen(page)
    page.get_by_label("Commission").fill("10")
    page.get_by_role("button", name="Approve and open the shop").click()
    expect(page.get_by_text("Mira Glas can sell now.")).to_be_visible()
