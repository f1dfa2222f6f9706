"""Words of a live product that a moderator reads before shoppers do."""

import re

import pytest
from django.db import connection

from cms.pages.models import ProductPage
from cms.selling import proposals, settling, shelf
from cms.selling.drafts import Option, VariantDraft
from commerce.catalog import operations as catalog
from commerce.catalog import queries as catalog_queries
from commerce.pricing import operations as pricing
from commerce.pricing import queries as prices
from commerce.pricing.types import PriceInput
from tests.cms.selling.test_moderation import decide, draft, moderator, shop
from tests.factories.catalog import make_product

__all__ = ["draft", "moderator", "shop"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def live(shop, draft):
    """A live product in one color, of a seller that is not trusted."""
    catalog.update_product(product_id=draft.product_id, brand="Acme", options=["Color"])
    (known,) = catalog_queries.variants_of(product_ids=[draft.product_id])[draft.product_id]
    save(shop, draft.product_id, {"Blue": known.sku})
    draft.get_latest_revision().publish()
    return ProductPage.objects.get(pk=draft.pk)


def save(shop, product_id, skus, name="Color"):
    return shelf.save_variants(
        seller_id=shop.seller.pk,
        user_id=shop.people["editor"].pk,
        product_id=product_id,
        options=[Option(name=name, values=tuple(skus))],
        variants=[
            VariantDraft(values=(value,), sku=sku, price_minor=900, on_hand=3)
            for value, sku in skus.items()
        ],
    )


def price_of(sku):
    variant_id = catalog_queries.variant_ids_by_sku(skus=[sku])[sku]
    return prices.prices_of(variant_ids=[variant_id], currency="USD")[variant_id].amount.minor


def on_sale(page):
    variants = catalog_queries.variants_of(product_ids=[page.product_id])[page.product_id]
    return {variant.option_values[0]: variant.sku for variant in variants}


def test_a_new_value_waits_for_a_moderator(shop, live, moderator):
    before = on_sale(live)

    saved = save(shop, live.product_id, {**before, "Rude word": "MUG-NEW"})

    assert saved is shelf.Saved.ASKED
    assert on_sale(live) == before
    decide(moderator, live, "approve")
    assert on_sale(live) == {**before, "Rude word": "MUG-NEW"}
    (new,) = set(on_sale(live).values()) - set(before.values())
    variant_id = catalog_queries.variant_ids_by_sku(skus=[new])[new]
    assert (
        prices.prices_of(variant_ids=[variant_id], currency="USD")[variant_id].amount.minor == 900
    )


def test_a_rejected_word_never_appears(shop, live, moderator):
    before = on_sale(live)
    save(shop, live.product_id, {**before, "Rude word": "MUG-NEW"})

    decide(moderator, live, "reject", comment="No.")

    assert on_sale(live) == before


def test_the_name_of_an_option_waits_too(shop, live):
    assert save(shop, live.product_id, on_sale(live), name="Rude word") is shelf.Saved.ASKED
    assert catalog_queries.products(product_ids=[live.product_id])[live.product_id].options == [
        "Color"
    ]


def test_what_shoppers_know_changes_at_once(shop, live, moderator):
    before = on_sale(live)
    save(shop, live.product_id, {**before, "Green": "MUG-NEW"})
    decide(moderator, live, "approve")

    assert save(shop, live.product_id, before) is shelf.Saved.AT_ONCE
    assert on_sale(live) == before


def test_a_value_that_was_taken_off_sale_unread_is_not_known(shop, live):
    """Else a word could be put in, and out, of a draft, and be back once it is live."""
    product_id = live.product_id
    ProductPage.objects.filter(pk=live.pk).update(live=False)
    before = on_sale(live)
    save(shop, product_id, {**before, "Rude word": "MUG-NEW"})
    save(shop, product_id, before)
    ProductPage.objects.filter(pk=live.pk).update(live=True)

    assert save(shop, product_id, {**before, "Rude word": "MUG-NEW"}) is shelf.Saved.ASKED


def test_a_trusted_seller_and_a_draft_wait_for_nobody(shop, live):
    before = on_sale(live)
    ProductPage.objects.filter(pk=live.pk).update(live=False)
    assert save(shop, live.product_id, {**before, "Green": "MUG-NEW"}) is shelf.Saved.AT_ONCE

    ProductPage.objects.filter(pk=live.pk).update(live=True)
    shop.seller.trusted = True
    shop.seller.save()
    assert save(shop, live.product_id, {**before, "Red": "MUG-NEWER"}) is shelf.Saved.AT_ONCE


def test_while_a_moderator_reads_nothing_new_comes_along(shop, live):
    before = on_sale(live)
    save(shop, live.product_id, {**before, "Green": "MUG-NEW"})

    with pytest.raises(proposals.WaitsAlready):
        save(shop, live.product_id, {**before, "Rude word": "MUG-NEWER"})
    assert proposals.waiting(product_id=live.product_id)["variants"][1]["values"] == ["Green"]


def test_before_the_first_approval_words_do_not_change_under_the_moderators_eyes(shop, draft):
    save(shop, draft.product_id, {"Blue": "MUG-1"})
    page = draft.get_latest_revision_as_object()
    page.get_workflow().start(page, shop.people["editor"])

    with pytest.raises(proposals.WaitsAlready):
        save(shop, draft.product_id, {"Rude word": "MUG-1"})


def test_the_moderator_sees_the_words_compared(shop, live, moderator):
    save(shop, live.product_id, {**on_sale(live), "Rude word": "MUG-NEW"})

    home = moderator.get("/admin/").content.decode()
    (address,) = re.findall(rf"/admin/pages/{live.pk}/revisions/compare/live[^\"]+", home)
    comparison = moderator.get(address).content.decode()
    editor = moderator.get(f"/admin/pages/{live.pk}/edit/").content.decode()

    assert "Rude" in re.sub(r"<[^>]+>", "", comparison)
    assert "Brand, options and facts" in comparison
    assert "Color: Blue, Rude word" in editor


def test_words_that_came_with_an_unsubmitted_version_wait_to_be_submitted(shop, live):
    page = live.get_latest_revision_as_object()
    page.title = "Half a thought"
    page.save_revision(user=shop.people["editor"])

    saved = save(shop, live.product_id, {**on_sale(live), "Green": "MUG-NEW"})

    assert saved is shelf.Saved.DRAFTED
    assert not ProductPage.objects.get(pk=live.pk).workflow_in_progress


def test_a_price_changed_meanwhile_is_not_overwritten_by_approval(shop, live, moderator):
    (sku,) = on_sale(live).values()
    variant_id = catalog_queries.variant_ids_by_sku(skus=[sku])[sku]
    save(shop, live.product_id, {**on_sale(live), "Green": "MUG-NEW"})
    pricing.set_prices(prices=[PriceInput(variant_id=variant_id, currency="USD", amount_minor=555)])

    decide(moderator, live, "approve")

    assert (
        prices.prices_of(variant_ids=[variant_id], currency="USD")[variant_id].amount.minor == 555
    )


def test_words_take_effect_once(shop, live, moderator):
    before = on_sale(live)
    save(shop, live.product_id, {**before, "Green": "MUG-NEW"})
    decide(moderator, live, "approve")
    save(shop, live.product_id, before)

    page = ProductPage.objects.get(pk=live.pk)
    settling.settle(page)
    page.get_latest_revision().publish()

    assert on_sale(live) == before
    assert proposals.waiting(product_id=live.product_id) == {}


def test_what_cannot_be_is_said_before_anybody_reads_it(shop, live):
    other = make_product(seller_id=shop.seller.pk)
    save(shop, other, {"Blue": "TAKEN"})

    with pytest.raises(catalog.SkuTaken):
        save(shop, live.product_id, {**on_sale(live), "Green": "TAKEN"})
    assert proposals.waiting(product_id=live.product_id) == {}


def test_a_sku_taken_meanwhile_does_not_keep_the_page_from_going_live(shop, live, moderator):
    before = on_sale(live)
    save(shop, live.product_id, {**before, "Green": "LATE"})
    other = make_product(seller_id=shop.seller.pk)
    save(shop, other, {"Blue": "LATE"})

    decide(moderator, live, "approve")

    assert on_sale(live) == before
    assert not ProductPage.objects.get(pk=live.pk).workflow_in_progress


def test_the_screen_tells_what_waits(shop, live):
    client = shop.client("editor")
    before = on_sale(live)
    (sku,) = before.values()
    form = {
        "option1": "Color", "values1": "Blue, Green", "save": "1",
        "skus-TOTAL_FORMS": "2", "skus-INITIAL_FORMS": "0",
        "skus-0-include": "on", "skus-0-values": '["Blue"]', "skus-0-sku": sku,
        "skus-1-include": "on", "skus-1-values": '["Green"]', "skus-1-sku": "MUG-NEW",
        "skus-1-price": "9.00", "skus-1-on_hand": "3",
    }  # fmt: skip

    page = client.post(f"/admin/selling/products/{live.product_id}/", form, follow=True)
    text = page.content.decode()

    assert "A moderator reads the new options first." in text
    assert "Color: Blue, Green" in text
    again = client.post(f"/admin/selling/products/{live.product_id}/", form)
    assert again.status_code == 422
    assert "waits for approval or is locked" in again.content.decode()
    assert on_sale(live) == before


def test_the_column_of_old_rows_is_empty(live):
    with connection.cursor() as cursor:
        cursor.execute("SELECT proposed FROM pages_productpage")
        assert cursor.fetchone() == ("{}",)
