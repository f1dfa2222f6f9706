"""A small shop to drill in: three sellers, a dozen goods, one address that is taxed."""

import io
import os
import sys
from typing import Any

SELLERS = 3
GOODS_EACH = 4
PRICES = (1250, 3999, 777, 10050)


def main() -> int:
    """Fill the migrated database that the environment names."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "devtools.prove.settings"
    import django

    django.setup()
    fill()
    return 0


def fill() -> None:
    from django.core.management import call_command

    from cms.pages.models import CategoryPage
    from commerce.fulfillment import operations as fulfillment
    from commerce.pricing import operations as pricing

    call_command("migrate", verbosity=0, interactive=False)
    home = _pages()
    pricing.set_tax_rate(
        country="US", region="CA", tax_class="standard", name="CA sales tax", rate_bps=875
    )
    fulfillment.add_carrier(code="usps", name="USPS", tracking_url="https://usps.test/{number}")
    category = home["categories"].add_child(instance=CategoryPage(title="Mugs", slug="mugs"))
    picture = _picture()
    for number in range(1, SELLERS + 1):
        _seller(number, home["sellers"], category, picture)
    _deliver()


def _deliver() -> None:
    """Leave nothing to be told: a template may be hours old when a drill begins with it."""
    from commerce.notifications import operations as mails
    from commerce.notifications import queries as due_mails
    from commerce.outbox import operations as facts
    from commerce.outbox import queries as due_facts

    while waiting := due_facts.due_deliveries(limit=500):
        for delivery_id in waiting:
            facts.deliver(delivery_id=delivery_id)
    while owed := due_mails.due_messages(limit=500):
        for message_id in owed:
            mails.deliver(message_id=message_id)


def _pages() -> dict[str, Any]:
    from wagtail.models import Locale, Page, Site

    from cms.pages.models import CategoryIndexPage, HomePage, SellerIndexPage

    Locale.objects.get_or_create(language_code="en")
    for page in Page.objects.get(depth=1).get_children():
        page.delete()
    home = Page.objects.get(depth=1).add_child(instance=HomePage(title="Drill", slug="home"))
    Site.objects.all().delete()
    Site.objects.create(hostname="127.0.0.1", port=80, root_page=home, is_default_site=True)
    return {
        "categories": home.add_child(instance=CategoryIndexPage(title="Shop", slug="shop")),
        "sellers": home.add_child(instance=SellerIndexPage(title="Sellers", slug="sellers")),
    }


def _picture() -> Any:
    from django.core.files.base import ContentFile
    from PIL import Image

    from cms.media.models import ShopImage

    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((600, 600)).convert("RGB").save(buffer, "WEBP")
    return ShopImage.objects.create(
        title="A mug", file=ContentFile(buffer.getvalue(), name="mug.webp")
    )


def _seller(number: int, index: Any, category: Any, picture: Any) -> None:
    from cms.pages.models import SellerPage
    from commerce.accounts.models import User
    from commerce.fulfillment import operations as fulfillment
    from commerce.sellers import operations as sellers
    from commerce.sellers import queries as seller_queries

    owner = User.objects.create_user(email=f"owner{number}@prove.example", password="Drill-26-x")
    seller_id = sellers.register(
        name=f"Drill shop {number}",
        owner_id=owner.pk,
        legal_name=f"Drill shop {number} LLC",
        email=owner.email,
        country="US",
        rate_bps=1000,
        trusted=True,
    )
    fulfillment.set_shipping_method(
        seller_id=seller_id,
        name="Standard",
        carrier_code="usps",
        currency="USD",
        base_minor=500 + number,
        days=(2, 4),
    )
    slug = seller_queries.sellers(seller_ids=[seller_id])[seller_id].slug
    page = SellerPage.objects.filter(seller_id=seller_id).first() or index.add_child(
        instance=SellerPage(title=f"Drill shop {number}", slug=slug, seller_id=seller_id)
    )
    for place in range(GOODS_EACH):
        _good(number, place, seller_id, page, category, picture)


def _good(
    number: int, place: int, seller_id: int, parent: Any, category: Any, picture: Any
) -> None:
    from cms.pages.models import ProductImage, ProductPage
    from commerce.catalog import operations as catalog
    from commerce.catalog.types import VariantInput
    from commerce.inventory import operations as inventory
    from commerce.pricing import operations as pricing
    from commerce.pricing.types import PriceInput

    sku = f"DRILL-{number}-{place}"
    catalog.ensure_product_type(code="goods", name="Goods")
    product_id = catalog.create_product(
        seller_id=seller_id, type_code="goods", handle=sku.lower(), name=f"Mug {sku}"
    )
    variant_id = catalog.set_variants(
        product_id=product_id,
        variants=[VariantInput(sku=sku, option_values=[], weight_grams=300, position=0)],
    )[sku]
    pricing.set_prices(
        prices=[
            PriceInput(
                variant_id=variant_id,
                currency="USD",
                amount_minor=PRICES[place % len(PRICES)] + number,
                compare_at_minor=None,
            )
        ]
    )
    location_id = inventory.ensure_location(seller_id=seller_id, name="Main", country="US")
    inventory.set_on_hand(
        variant_id=variant_id, location_id=location_id, on_hand=1000, cause="opening count"
    )
    page = ProductPage(
        title=f"Mug {sku}",
        product_id=product_id,
        summary="A mug.",
        description="<p>A mug.</p>",
        live=False,
    )
    page.gallery = [ProductImage(image=picture, alt="A mug on a table")]
    page.categories = [category]
    parent.add_child(instance=page)
    page.save_revision().publish()


if __name__ == "__main__":
    sys.exit(main())
