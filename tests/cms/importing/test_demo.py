"""The demo's loader, on a cutting of the demo: every shop, one product each."""

import csv
import json

import pytest
from django.core.management import CommandError, call_command
from wagtail.models import Page

from cms.bridge import operations as bridge
from cms.importing.demo import load, scale
from cms.importing.demo.accounts import PASSWORD, SELLER_ROLES
from cms.media.tasks import make_missing
from cms.pages import queries
from cms.pages.models import CategoryPage, HomePage, LandingPage, ProductPage, SellerPage
from commerce.accounts.models import User
from commerce.catalog.models import Listing, Product
from commerce.discovery.models import Card
from commerce.fulfillment.models import ShippingMethod
from commerce.sellers.models import Member, Seller

pytestmark = pytest.mark.django_db


@pytest.fixture
def cutting(tmp_path):
    """A folder like the demo's, with the first product of every shop."""
    for name in ("sellers.json", "categories.json", "content.json"):
        (tmp_path / name).write_text((load.FOLDER / name).read_text())
    for name in ("images", "reference"):
        (tmp_path / name).symlink_to(load.FOLDER / name)
    for shop in json.loads((tmp_path / "sellers.json").read_text()):
        source = load.FOLDER / shop["products_file"]
        target = tmp_path / shop["products_file"]
        target.parent.mkdir()
        (target.parent / "images").symlink_to(source.parent / "images")
        with source.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(row for row in rows if row["Handle"] == rows[0]["Handle"])
    return tmp_path


@pytest.fixture
def loaded(cutting, monkeypatch):
    monkeypatch.setattr(make_missing, "delay", lambda **_: None)
    said = []
    load.load(say=said.append, folder=cutting, side_by_side=False)
    return cutting, said


def test_the_demo_loads_once_whole_and_twice_the_same(loaded):
    folder, said = loaded
    shops = json.loads((folder / "sellers.json").read_text())
    counted = (Product, ProductPage, SellerPage, CategoryPage, LandingPage, User, ShippingMethod)
    before = [model.objects.count() for model in counted]

    load.load(say=said.append, folder=folder, side_by_side=False)

    assert [model.objects.count() for model in counted] == before
    assert (Product.objects.count(), Seller.objects.count()) == (len(shops), len(shops))
    assert not [line for line in said if line.startswith("    ")]
    assert Listing.objects.filter(is_live=True).count() == len(shops)
    assert Card.objects.count() == len(shops)
    assert all(card.image["sources"] for card in Card.objects.all())
    assert not bridge.reconcile()
    assert Page.find_problems() == ([], [], [], [], [])


def test_every_role_has_an_account_that_can_sign_in(loaded):
    for _, email, password in load.accounts_table():
        assert User.objects.get(email=email).check_password(password)
    assert password == PASSWORD
    roles = set(Member.objects.values_list("role", flat=True))
    assert roles == set(SELLER_ROLES)


def test_home_menus_and_guides_are_filled(loaded):
    home = HomePage.objects.get()
    assert home.live
    assert [block.block_type for block in home.body][:3] == ["hero", "tiles", "rail"]
    assert all(tile["category"].live for tile in home.body[1].value["tiles"])
    menus = queries.menus()
    assert menus["header"]
    assert menus["footer"]
    assert all(entry["url"] for entry in menus["header"])


def test_generated_products_are_like_the_real_ones(loaded):
    scale.add_products(count=7, say=lambda _: None)
    scale.add_products(count=2, say=lambda _: None)

    generated = ProductPage.objects.filter(slug__startswith="generated-")
    assert (generated.count(), Card.objects.filter(title__contains=" No. ").count()) == (9, 9)
    assert not bridge.reconcile()
    assert Page.find_problems() == ([], [], [], [], [])
    page = generated.first()
    page.save_revision().publish()
    page.get_parent().specific.add_child(instance=ProductPage(title="One more", live=False))
    assert Page.find_problems() == ([], [], [], [], [])


def test_the_demo_is_refused_outside_development():
    with pytest.raises(CommandError, match="DEBUG"):
        call_command("load_demo")


def test_the_accounts_are_told_without_loading(capsys):
    call_command("load_demo", "--accounts")

    said = capsys.readouterr().out
    for role in ("shopper", "seller owner", "content editor", "moderator", "administrator"):
        assert role in said
