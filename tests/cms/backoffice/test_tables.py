"""Kinds of products and tax rates: chosen from lists, so that a typo taxes nobody wrongly."""

import pytest
from django.urls import reverse

from commerce.catalog.models import ProductType
from commerce.pricing.models import TaxRate
from tests.factories.sales import make_variant
from tests.factories.sellers import make_seller
from tests.factories.staff import ADMINISTRATORS, EDITORS, staff_client

pytestmark = pytest.mark.django_db
RATE = {"country": "US", "region": "CA", "tax_class": "standard", "name": "Tax", "rate_bps": "875"}
KINDS = "catalog_producttype_modeladmin"
RATES = "pricing_taxrate_modeladmin"


def test_a_shop_without_demo_data_has_a_kind_of_product():
    assert list(ProductType.objects.values_list("code", "tax_class")) == [("general", "standard")]


def test_staff_adds_a_kind_and_its_code_is_made_of_its_name():
    client = staff_client(ADMINISTRATORS)

    client.post(reverse(f"{KINDS}_create"), {"name": "Children’s books", "tax_class": "books"})
    client.post(reverse(f"{KINDS}_create"), {"name": "Children s books", "tax_class": "food"})

    added = ProductType.objects.exclude(code="general").order_by("pk")
    assert list(added.values_list("code", "tax_class")) == [
        ("childrens-books", "books"),
        ("children-s-books", "food"),
    ]


def test_two_kinds_whose_names_sound_alike_get_codes_of_their_own():
    client = staff_client(ADMINISTRATORS)

    for name in ("Blue!", "Blue?"):
        client.post(reverse(f"{KINDS}_create"), {"name": name, "tax_class": "standard"})

    assert set(ProductType.objects.values_list("code", flat=True)) == {"general", "blue", "blue-2"}


def test_a_kind_keeps_its_code_when_it_is_renamed():
    client = staff_client(ADMINISTRATORS)
    kind = ProductType.objects.get()

    client.post(
        reverse(f"{KINDS}_edit", args=[kind.pk]), {"name": "Anything", "tax_class": "reduced"}
    )

    kind.refresh_from_db()
    assert (kind.code, kind.name, kind.tax_class) == ("general", "Anything", "reduced")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tax_class": "standart"}, "Select a valid choice"),
        ({"name": "General GOODS"}, "There is a kind of this name already."),
    ],
)
def test_a_kind_that_cannot_be_is_explained(changes, said):
    client = staff_client(ADMINISTRATORS)

    answer = client.post(
        reverse(f"{KINDS}_create"), {"name": "New", "tax_class": "standard", **changes}
    )

    assert said in answer.content.decode()
    assert ProductType.objects.count() == 1


def test_a_kind_that_products_have_is_not_deleted():
    kind = make_variant(make_seller()).product.type

    answer = staff_client(ADMINISTRATORS).post(
        reverse(f"{KINDS}_delete", args=[kind.pk]), follow=True
    )

    assert "“Thing” is in use, so it stays." in answer.content.decode()
    assert ProductType.objects.filter(pk=kind.pk).exists()


def test_who_lacks_the_right_adds_no_kind():
    staff_client(EDITORS).post(reverse(f"{KINDS}_create"), {"name": "New", "tax_class": "standard"})

    assert ProductType.objects.count() == 1


@pytest.mark.parametrize("region", ["CA", "ca", "California"])
def test_a_rate_is_kept_for_its_region_however_it_is_written(region):
    client = staff_client(ADMINISTRATORS)

    client.post(reverse(f"{RATES}_create"), {**RATE, "region": region})

    assert list(TaxRate.objects.values_list("country", "region", "rate_bps")) == [("US", "CA", 875)]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"country": "XX"}, "Choose a country from the list."),
        ({"tax_class": "standart"}, "Select a valid choice"),
        ({"region": "Kalifornien"}, "There is no such region in the United States."),
        ({"rate_bps": "99999999999999999999"}, "Ensure this value is less than or equal to"),
    ],
)
def test_a_rate_that_would_never_apply_is_refused(changes, said):
    client = staff_client(ADMINISTRATORS)

    answer = client.post(reverse(f"{RATES}_create"), {**RATE, **changes})

    assert said in answer.content.decode()
    assert not TaxRate.objects.exists()


def test_a_kind_that_nothing_has_is_deleted():
    kind = ProductType.objects.get()

    staff_client(ADMINISTRATORS).post(reverse(f"{KINDS}_delete", args=[kind.pk]))

    assert not ProductType.objects.exists()


@pytest.mark.parametrize(
    ("group", "engine", "rates", "is_said"),
    [
        (ADMINISTRATORS, "tables", 0, True),
        (ADMINISTRATORS, "tables", 1, False),
        (ADMINISTRATORS, "taxjar", 0, False),
        ("Moderators", "tables", 0, False),
    ],
)
def test_a_shop_that_takes_no_tax_says_so_on_the_home_page(settings, group, engine, rates, is_said):
    settings.TAX_ENGINE = engine
    for _ in range(rates):
        TaxRate.objects.create(**RATE)

    page = staff_client(group).get("/admin/").content.decode()

    assert ("No tax is taken on any order." in page) == is_said
