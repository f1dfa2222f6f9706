"""A seller's promotions: written, looked at, ended; its own only."""

import pytest

from commerce.pricing.models import Promotion
from tests.factories.cart import make_sellable
from tests.factories.pricing import make_promotion
from tests.factories.selling import open_shop
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db

LIST = "/admin/selling/promotions/"
TEN_OFF = {
    "label": "Autumn sale", "kind": "percentage", "percent": "10", "code": "autumn-10",
    "priority": "0",
}  # fmt: skip


@pytest.fixture
def shop():
    return open_shop("Acme")


def test_what_a_seller_writes_is_borne_by_it_and_about_its_items(shop):
    make_sellable(seller_id=shop.seller.pk, sku="OWN-1")

    answer = shop.client().post(f"{LIST}new/", {**TEN_OFF, "skus": "OWN-1", "max_uses": "5"})

    assert answer.status_code == 302
    promotion = Promotion.objects.get()
    assert (promotion.seller_id, promotion.code) == (shop.seller.pk, "AUTUMN-10")
    assert (promotion.percent_bps, promotion.max_uses) == (1000, 5)
    assert len(promotion.product_ids) == 1


def test_the_example_shows_what_it_would_do_and_saves_nothing(shop):
    make_sellable(seller_id=shop.seller.pk, sku="OWN-1", minor=2000, title="Blue mug")

    answer = shop.client().post(
        f"{LIST}new/",
        {**TEN_OFF, "kind": "buy-get", "percent": "", "buy": "2", "get": "1", "preview": "1"},
    )
    page = answer.content.decode()

    assert answer.status_code == 200
    assert "pays $45.00 instead of $65.00 before tax" in page
    assert "The seller bears $20.00" in page
    assert 'value="autumn-10"' in page
    assert not Promotion.objects.exists()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"percent": ""}, "Give a percentage above 0, and 100 at most."),
        ({"percent": "101"}, "less than or equal to 100"),
        ({"percent": "1e999"}, "less than or equal to 100"),
        ({"label": ""}, "This field is required"),
        ({"kind": "fixed", "amount": ""}, "Give an amount above zero."),
        ({"kind": "gold"}, "Select a valid choice"),
        ({"kind": "buy-get", "buy": "", "get": "1"}, "Say how many must be bought"),
        ({"skus": "OTHERS-1"}, "No product has the SKU OTHERS-1."),
        ({"code": "x"}, "Use three letters, digits or hyphens at least"),
        ({"starts_at": "2027-01-02 10:00", "ends_at": "2027-01-01 10:00"}, "must come after"),
        ({"categories": "nonsense"}, "Select a valid choice"),
        ({"max_uses": "9" * 40}, "less than or equal to"),
    ],
)
def test_nonsense_is_shown_beside_its_input_and_nothing_is_lost(shop, typed, words):
    make_sellable(sku="OTHERS-1")

    answer = shop.client().post(f"{LIST}new/", {**TEN_OFF, **typed})
    page = answer.content.decode()

    assert answer.status_code == 422
    assert words in page
    assert 'value="autumn-10"' in page or typed.get("code") == "x"
    assert not Promotion.objects.exists()


def test_a_taken_code_is_told_without_telling_whose(shop):
    make_promotion(code="AUTUMN-10", label="Somebody else's")

    page = shop.client().post(f"{LIST}new/", TEN_OFF).content.decode()

    assert "This code is taken. Choose another." in page
    assert "Somebody else" not in page


def test_a_promotion_is_changed_and_ended(shop):
    number = make_promotion(seller_id=shop.seller.pk, label="Old")
    client = shop.client()
    assert 'value="Old"' in client.get(f"{LIST}{number}/").content.decode()

    client.post(f"{LIST}{number}/", TEN_OFF)
    assert Promotion.objects.get().label == "Autumn sale"

    client.post(f"{LIST}{number}/end/")
    assert not Promotion.objects.get().is_active


def test_anothers_promotion_is_not_there(shop):
    for owner in (None, open_shop("Borealis").seller.pk):
        number = make_promotion(seller_id=owner)
        for method, address in (
            ("get", f"{LIST}{number}/"),
            ("post", f"{LIST}{number}/"),
            ("post", f"{LIST}{number}/end/"),
        ):
            answer = getattr(shop.client(), method)(address, TEN_OFF)
            assert answer.status_code == 404, (method, address)
    assert Promotion.objects.filter(is_active=True, label="Spring sale").count() == 2


def test_it_is_the_owners_work(shop):
    for role, status in (("owner", 200), ("editor", 404), ("packer", 404)):
        assert shop.client(role).get(LIST).status_code == status


def test_the_list_costs_the_same_for_one_and_for_many(shop):
    client = shop.client()
    costs = []
    for count in (1, 5):
        for _ in range(count):
            make_promotion(seller_id=shop.seller.pk)
        client.get(LIST)
        with counted() as statements:
            client.get(LIST)
        costs.append(len(statements))

    assert costs[0] == costs[1]
