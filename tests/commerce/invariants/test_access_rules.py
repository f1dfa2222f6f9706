"""Each rule of who sees what counts nothing after honest work, and sees what slipped past."""

import pytest
from django.db import connection

from commerce.catalog.models import Listing
from commerce.discovery import operations as discovery
from commerce.discovery.models import Card
from commerce.hooks import operations as hooks
from commerce.invariants.access_rules import ACCESS_RULES
from commerce.kernel.actor import acting_as
from commerce.outbox import operations as outbox
from commerce.outbox.models import Delivery
from commerce.sellers.models import Seller
from tests.factories.sellers import make_member, make_seller
from tests.factories.shopfront import on_show

pytestmark = pytest.mark.django_db
APART, LISTED, SHOWN, KEYS = (rule.promise for rule in ACCESS_RULES)


def broken() -> dict[str, int]:
    found = {}
    with connection.cursor() as cursor:
        for rule in ACCESS_RULES:
            cursor.execute(rule.violations)
            if count := cursor.fetchone()[0]:
                found[rule.promise] = count
    return found


@pytest.fixture
def shown():
    shown = on_show()
    on_show("Red mug")
    for waiting in Delivery.objects.all():
        outbox.deliver(delivery_id=waiting.pk)
    with connection.cursor() as cursor:  # as a commit would
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return shown


def test_what_is_on_show_breaks_no_rule(shown):
    assert Card.objects.count() == Listing.objects.count() == 2
    assert broken() == {}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE wagtailcore_page SET live = false WHERE id = %s",
        "UPDATE pages_productpage SET product_id = NULL WHERE page_ptr_id = %s",
        "INSERT INTO wagtailcore_pageviewrestriction (restriction_type, password, page_id)"
        " SELECT 'login', '', above.id FROM wagtailcore_page above, wagtailcore_page page"
        " WHERE page.id = %s AND page.path LIKE above.path || '%%' AND above.depth = page.depth",
    ],
)
def test_a_listing_whose_page_is_not_public_is_counted(shown, statement):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, [shown.pk])

    assert broken() == {LISTED: 1}


def test_a_page_kept_from_the_public_with_all_below_is_counted_for_each(shown):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO wagtailcore_pageviewrestriction (restriction_type, password, page_id)"
            " VALUES ('login', '', %s)",
            [shown.get_parent().pk],
        )

    assert broken() == {LISTED: 2}


@pytest.mark.parametrize(
    "change",
    [
        lambda shown: Seller.objects.update(state="suspended"),
        lambda shown: Card.objects.update(seller_id=shown.product.seller_id + 1),
        lambda shown: Card.objects.update(locale="de"),
    ],
)
def test_a_card_of_what_is_not_sold_is_counted(shown, change):
    change(shown)
    assert broken() == {SHOWN: 2}


def test_a_card_is_not_counted_while_discovery_has_facts_to_hear(shown):
    on_show("Green mug")  # its facts wait
    Seller.objects.update(state="suspended")

    assert SHOWN not in broken()


def test_a_card_told_of_its_seller_is_gone(shown):
    Seller.objects.update(state="suspended")
    discovery.refresh(product_ids=[shown.product_id])

    assert broken() == {SHOWN: 1}  # the other one was not told


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE payouts_earning DISABLE ROW LEVEL SECURITY",
        "DROP POLICY sellers_own ON orders_sellerorder",
        "CREATE TABLE loose (seller_id bigint); GRANT SELECT ON loose TO stoa_seller",
    ],
)
def test_a_table_that_stands_open_to_sellers_is_counted(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)

    assert broken() == {APART: 1}


def test_a_key_that_outlives_its_maker_is_counted():
    owner = make_member(make_seller())
    with acting_as(f"user:{owner.user_id}"):
        hooks.create_key(seller_id=owner.seller_id, name="Warehouse")
    assert broken() == {}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE sellers_member SET role = 'packer'")

    assert broken() == {KEYS: 1}
