"""What product pages and cards say of promotions, and whose prices they show."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from cms.pages.models import ProductPage
from commerce.accounts.models import User
from commerce.cart.models import Cart
from commerce.catalog import queries as catalog
from commerce.kernel import clock
from commerce.pricing import operations as pricing
from commerce.pricing.models import Promotion
from commerce.pricing.operations import ListPriceInput, PriceListInput
from commerce.sellers.models import Seller
from tests.factories.accounts import make_user
from tests.factories.pages import a_category, a_shop
from tests.factories.pricing import make_promotion, set_price
from tests.factories.shopfront import a_stall, on_show
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db


@pytest.fixture
def mug() -> ProductPage:
    return on_show("Blue mug", variants=[((), 1000, 9)])


def variants_of(page: ProductPage) -> list[Any]:
    return catalog.variants_of(product_ids=[page.product_id])[page.product_id]


def shop_of(user: User | None = None) -> Client:
    client = Client()
    if user:
        client.force_login(user)
    return client


def words(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup))


def main(address: str, user: User | None = None) -> str:
    """What the page itself says, without what is related."""
    page = shop_of(user).get(address).content.decode()
    return words(page.split("<main")[1].split('id="related"')[0])


def price_on(address: str, user: User | None = None) -> str:
    page = shop_of(user).get(address).content.decode()
    found = re.search(r'price__now">([^<]*)<', page.split("<main")[1])
    return found[1] if found else ""


def cards_on(address: str, user: User | None = None) -> str:
    page = shop_of(user).get(address).content.decode()
    return words("".join(re.findall(r"<article.*?</article>", page, re.S)))


def structured(address: str, user: User | None = None) -> dict[str, Any]:
    page = shop_of(user).get(address).content.decode()
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)
    data = {each["@type"]: each for each in map(json.loads, found)}
    return data["Product"]["offers"]


def in_the_cart(address: str, page: ProductPage) -> str:
    """What a cart with one of it is charged, as its own page says."""
    client = Client()
    [variant] = variants_of(page)
    client.post("/cart/add/", {"variant": variant.id, "quantity": 1})
    assert Cart.objects.count() == 1
    return words(client.get("/cart/").content.decode())


def list_for(user: User, page: ProductPage, *prices: tuple[int, int]) -> None:
    [variant] = variants_of(page)
    pricing.save_price_list(
        price_list=PriceListInput(
            seller_id=variant.seller_id,
            name="Trade",
            currency="USD",
            group_id=pricing.save_group(name="Trade", user_ids=[user.pk]),
            prices=[
                ListPriceInput(variant_id=variant.id, min_quantity=count, amount_minor=amount)
                for count, amount in prices
            ],
        )
    )


def test_a_percentage_is_in_the_price_with_the_one_before_and_its_last_day(
    mug: ProductPage,
) -> None:
    year = clock.now().year + 1
    make_promotion(label="Spring sale", percent_bps=2000, ends_at=datetime(year, 12, 1, tzinfo=UTC))

    said = main(mug.url)

    assert "$8.00 was $10.00" in said
    assert "20% off Spring sale: until 30 Nov, taken off in your cart" in said
    assert "Lowest price of the 30 days before the reduction: $10.00" in said
    assert "Line total $8.00" in in_the_cart(mug.url, mug)


def test_offers_for_several_and_for_the_parcel_are_said_in_plain_words(mug: ProductPage) -> None:
    make_promotion(label="Threes", kind="buy-get", buy=2, get=1)
    make_promotion(label="Sent free", kind="free-shipping", least_minor=5000)
    make_promotion(label="Bulk", percent_bps=5000, least_minor=6000)

    said = main(mug.url)

    assert price_on(mug.url) == "$10.00"
    assert "Threes: Buy 2, get 1 free" in said
    assert "Sent free: Free shipping from $50.00" in said
    assert "Bulk: 50% off from $60.00" in said


def test_a_name_that_says_it_all_is_said_once(mug: ProductPage) -> None:
    make_promotion(label="20% off", percent_bps=2000)

    assert "20% off Taken off in your cart" in main(mug.url)


def test_prices_for_many_say_that_promotions_come_off_them_too(mug: ProductPage) -> None:
    list_for(make_user(), mug, (10, 900))
    [variant] = variants_of(mug)
    pricing.save_price_list(
        price_list=PriceListInput(
            seller_id=variant.seller_id,
            name="Many",
            currency="USD",
            prices=[ListPriceInput(variant_id=variant.id, min_quantity=10, amount_minor=900)],
        )
    )
    make_promotion(percent_bps=2000)

    assert "From 10 pieces $9.00 each, before promotions" in main(mug.url)


def test_a_page_follows_the_clock_and_the_use_of_a_promotion(mug: ProductPage) -> None:
    now = clock.now()
    promotion_id = make_promotion(percent_bps=2000, starts_at=now + timedelta(hours=1))
    assert price_on(mug.url) == "$10.00"

    Promotion.objects.filter(pk=promotion_id).update(starts_at=now - timedelta(minutes=1))
    assert (price_on(mug.url), "$8.00" in cards_on("/shop/")) == ("$8.00", True)

    Promotion.objects.filter(pk=promotion_id).update(max_uses=1, used=1)
    assert (price_on(mug.url), "$8.00" in cards_on("/shop/")) == ("$10.00", False)


def test_a_member_sees_their_price_beside_the_ordinary_one_and_strangers_do_not(
    mug: ProductPage,
) -> None:
    member = make_user()
    list_for(member, mug, (1, 700), (10, 600))

    said = main(mug.url, member)

    assert "$7.00 was $10.00" in said
    assert "Your price The ordinary price is $10.00." in said
    assert "From 10 pieces $6.00 each" in said
    for stranger in (None, make_user()):
        said = main(mug.url, stranger)
        assert "$10.00" in said
        assert "Your price" not in said
        assert "$7.00" not in said


def test_machines_are_told_what_a_stranger_pays_whoever_looks(mug: ProductPage) -> None:
    member = make_user()
    list_for(member, mug, (1, 700))
    assert structured(mug.url, member)["price"] == "10.00"

    make_promotion(percent_bps=2000)
    make_promotion(label="First", percent_bps=5000, first_order=True, priority=3)

    assert structured(mug.url)["price"] == "8.00"
    assert structured(mug.url, member)["price"] == "8.00"


def test_a_first_order_is_known_of_who_is_signed_in(mug: ProductPage) -> None:
    make_promotion(label="Welcome", percent_bps=2000, first_order=True)

    assert price_on(mug.url, make_user()) == "$8.00"
    assert price_on(mug.url) == "$10.00"
    assert "Welcome: 20% off your first order" in main(mug.url)


def test_where_the_law_asks_percentages_of_another_price_stay_untold(mug: ProductPage) -> None:
    Seller.objects.update(country="DE")
    [variant] = variants_of(mug)
    set_price(variant.id, 900)
    set_price(variant.id, 1000)
    make_promotion(label="Sale", percent_bps=2000)

    said = main(mug.url)

    assert "$8.00 was $9.00" in said
    assert "Sale: taken off in your cart" in said
    assert "20%" not in said
    card = cards_on("/shop/")
    assert "Reduced" in card
    assert "$8.00 was $9.00" in card
    assert "20%" not in card


def test_the_picker_knows_what_is_told_of_every_variant() -> None:
    page = on_show(options=["Size"], variants=[(("S",), 1000, 5), (("M",), 3000, 5)])
    make_promotion(label="Big ones", percent_bps=1000, least_minor=2000)
    sku = variants_of(page)[1].sku

    markup = shop_of().get(page.url).content.decode()
    [data] = re.findall(r'<script id="variants-data"[^>]*>(.*?)</script>', markup, re.S)
    small, medium = json.loads(data)

    assert (small["price"], small["compare"]) == ("$10.00", "")
    assert small["terms"] == [{"text": "Big ones: 10% off from $20.00"}]
    assert (medium["price"], medium["compare"]) == ("$27.00", "$30.00")
    assert medium["terms"][0]["badge"] == "10% off from $20.00"
    assert "$27.00 was $30.00" in main(f"{page.url}?sku={sku}")


def test_cards_say_by_how_much_and_show_the_price_that_is_left(mug: ProductPage) -> None:
    make_promotion(percent_bps=2000)

    for address in (
        "/shop/",
        "/shop/mugs/",
        f"/sellers/{mug.get_parent().slug}/",
        "/search/?q=mug",
    ):
        card = cards_on(address)
        assert "20% off" in card, address
        assert "$8.00 was $10.00" in card, address


def test_cards_of_a_category_s_promotion_and_no_others_are_marked() -> None:
    cups = a_category("Cups")
    on_show("Cup", category=cups, variants=[((), 1000, 5)])
    on_show("Plate", category=a_category("Plates"), variants=[((), 1000, 5)])
    make_promotion(percent_bps=2000, category_keys=(cups.key,))

    assert "$8.00" in cards_on("/shop/cups/")
    assert "$8.00" not in cards_on("/shop/plates/")


def test_a_promotion_that_needs_several_is_a_word_on_the_card(mug: ProductPage) -> None:
    make_promotion(kind="buy-get", buy=2, get=1)

    card = cards_on("/shop/")

    assert "Buy 2, get 1 free" in card
    assert "$10.00" in card


def test_a_rail_on_the_home_page_shows_promotions(mug: ProductPage) -> None:
    home = a_shop()
    home.body = [("rail", {"title": "New", "rule": "newest", "count": 8})]
    home.save_revision().publish()
    make_promotion(percent_bps=2000)

    assert "$8.00 was $10.00" in cards_on("/")


def test_a_member_s_cards_show_their_prices_in_the_order_of_public_ones(mug: ProductPage) -> None:
    cheap = on_show("Cheap", variants=[((), 900, 5)])
    member = make_user()
    list_for(member, mug, (1, 700))

    mine = cards_on("/shop/?sort=price", member)

    assert cheap.title
    assert mine.index("Cheap") < mine.index("Blue mug")
    assert "Your price" in mine
    assert "$7.00 was $10.00" in mine
    assert "$7.00" not in cards_on("/shop/?sort=price")


def test_sorting_goes_by_the_public_price(mug: ProductPage) -> None:
    on_show("Other", variants=[((), 900, 5)])
    make_promotion(percent_bps=5000, product_ids=(mug.product_id,))

    listed = cards_on("/shop/?sort=price")

    assert listed.index("Other") < listed.index("Blue mug")
    assert "$5.00 was $10.00" in listed


@pytest.mark.parametrize("products", [1, 12])
def test_however_many_cards_a_member_s_prices_and_promotions_cost_the_same(products: int) -> None:
    stall = a_stall()
    pages = [on_show(f"Mug {n}", stall=stall) for n in range(products)]
    member = make_user()
    client = shop_of(member)
    make_promotion(percent_bps=2000)

    def cost(visitor: Client) -> int:
        visitor.get("/shop/")
        with counted() as statements:
            visitor.get("/shop/")
        return len([each for each in statements if "session" not in each])

    guest = cost(Client())
    list_for(member, pages[0], (1, 700))

    assert (guest, cost(client)) == (4, 10)


def test_pages_of_persons_are_kept_out_of_shared_caches(mug: ProductPage) -> None:
    for address in ("/", "/shop/", mug.url, "/search/?q=mug"):
        a_shop()
        mine, public = shop_of(make_user()).get(address), Client().get(address)
        assert mine["Cache-Control"] == "private, no-cache", address
        assert "Cookie" in mine["Vary"], address
        assert "Cookie" in public["Vary"], address
        assert "ETag" not in public, address


def test_a_member_s_page_leaves_nothing_behind_for_the_next(mug: ProductPage) -> None:
    member = make_user()
    list_for(member, mug, (1, 700))

    before = [price_on(mug.url), cards_on("/shop/")]
    assert price_on(mug.url, member) == "$7.00"
    assert "$7.00" in cards_on("/shop/", member)

    assert [price_on(mug.url), cards_on("/shop/")] == before
