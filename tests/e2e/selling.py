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


def connect_bank(page: Page, base: str) -> None:
    """Give the payment provider what it wants to know before it pays out."""
    page.goto(f"{base}/admin/selling/earnings/")
    page.watch.look_at_screen(page)
    page.get_by_role("link", name="Connect a bank account").click()
    expect(page.get_by_role("heading", name="Receive payouts")).to_be_visible()
    page.watch.look(page)
    page.get_by_role("button", name="Submit test details").click()
    expect(page.get_by_text("Connected. Payouts go to the account")).to_be_visible()


def offer_shipping(page: Page, base: str) -> None:
    """Say how parcels are sent and what that costs."""
    page.goto(f"{base}/admin/selling/shipping/new/")
    page.get_by_label("Name").fill("Bubble wrap and straw")
    page.get_by_label("Carrier", exact=True).select_option(label="USPS")
    page.get_by_label("Price of a parcel").fill("8.40")
    page.get_by_label("Days on the way at least").fill("2")
    page.get_by_label("Days on the way at most").fill("4")
    page.watch.look_at_screen(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Bubble wrap and straw")).to_be_visible()


def set_up_product(page: Page, base: str) -> None:
    """Say what is made, in which versions, at what price and how many there are."""
    page.goto(f"{base}/admin/selling/products/new/")
    page.get_by_label("Name", exact=False).first.fill("Reed vase")
    page.get_by_label("Brand").fill("Mira Glas")
    page.get_by_label("SKU prefix").fill("REED")
    page.get_by_label("Price").fill("48.50")
    page.get_by_label("On hand").fill("6")
    page.get_by_label("Weight in grams").fill("900")
    page.get_by_label("Option 1", exact=True).fill("Color")
    page.get_by_label("Values of option 1").fill("Amber, Smoke")
    page.watch.look_at_screen(page)
    page.get_by_role("button", name="Continue to the SKUs").click()
    expect(page.get_by_text("Take out what you do not make")).to_be_visible()
    page.watch.look_at_screen(page)
    page.get_by_role("button", name="Save and go to the page").click()
    expect(page.get_by_text("The product is set up.")).to_be_visible()


def write_page(page: Page, picture: str) -> None:
    """Describe the product, upload its picture and hand the page in."""
    page.get_by_role("textbox", name="Summary").fill("Tall enough for a single stem.")
    page.locator(".public-DraftEditor-content").first.click()
    page.keyboard.type("Blown in one breath, cut by hand and annealed over night.")
    page.get_by_role("button", name="Add picture").click()
    page.get_by_role("button", name="Choose an image").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("tab", name="Upload").click()
    dialog.get_by_label("File").set_input_files(picture)
    expect(dialog.get_by_label("Title")).not_to_have_value("")
    dialog.get_by_role("button", name="Upload").click()
    expect(dialog).to_be_hidden()
    page.get_by_label("Description for those who cannot see it").fill("A tall amber vase")
    page.get_by_role("checkbox", name="Kitchen > Table").check()
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("button", name="Submit to").click()
    expect(page.get_by_text("has been submitted for moderation")).to_be_visible()


def moderate(page: Page, base: str) -> None:
    """See what waits, compare it with what there was, and let it go live."""
    page.goto(f"{base}/admin/")
    page.get_by_role("link", name="Reed vase").first.click()
    page.wait_for_url("**/edit/", wait_until="load")  # before, the buttons have no scripts yet
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("link", name="Current page status: live")).to_be_visible()


def send(page: Page, base: str, order: str, *, carrier: str, number: str) -> None:
    """Find one's own part of an order, pack it and hand it to a carrier."""
    page.goto(f"{base}/admin/selling/orders/")
    page.watch.look_at_screen(page)
    page.get_by_role("link", name=order).click()
    expect(page.get_by_role("heading", name="Ship a parcel")).to_be_visible()
    page.watch.look_at_screen(page)
    page.get_by_label("Carrier").select_option(label=carrier)
    page.get_by_label("Tracking number").fill(number)
    page.get_by_role("button", name="Mark as shipped").click()
    expect(page.get_by_text("The parcel is on its way.")).to_be_visible()
    page.watch.look_at_screen(page)


def note_arrival(page: Page) -> None:
    page.get_by_role("button", name="Mark as delivered").click()
    expect(page.get_by_text("The parcel arrived.")).to_be_visible()


def pay_out(page: Page, base: str) -> None:
    """Pay every seller what is available."""
    page.goto(f"{base}/admin/office/payouts/")
    page.watch.look_at_screen(page)
    page.get_by_role("button", name="Pay out now what is available").click()
    expect(page.get_by_text("2 payouts on the way.")).to_be_visible()
    page.watch.look_at_screen(page)


def statement_of(page: Page, base: str) -> str:
    """Read one's statement; returns it as the file that one can keep."""
    page.goto(f"{base}/admin/selling/earnings/statement/")
    page.watch.look_at_screen(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    return download.value.path().read_text(encoding="utf-8-sig")
