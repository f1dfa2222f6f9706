"""What the database shows to the role under which a seller's people work."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from cms.selling import guarding, queries, rows, wall
from cms.selling.checks import sellers_rows_are_guarded
from commerce.catalog.models import Product
from commerce.kernel.confinement import (
    AnotherSeller,
    confine_stream,
    confined,
    role,
    unconfined,
)
from commerce.ledger import operations as ledger
from commerce.outbox.bus import publish
from commerce.outbox.models import Event
from commerce.sellers.events import SellerRenamed
from tests.factories.catalog import make_product
from tests.factories.sellers import make_seller
from tests.factories.selling import open_shop, signed_in
from tests.support.admin_worlds import seat

MARK = "Xqzmark"


def ask(statement, *params):
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall()


def current_role():
    return ask("SELECT current_user")[0][0]


@pytest.fixture
def seats(db):
    return seat("Acme"), seat(MARK)


def rows_of(seller_id):
    """How many rows of each own table the role is shown, and how many tell of the other seller."""
    found = {}
    with confined(seller_id=seller_id):
        for table in sorted(rows.own_tables()):
            if rows.rules()[table].privileges:
                found[table] = ask(
                    f"SELECT count(*), count(*) FILTER (WHERE t::text ILIKE %s) FROM {table} t",  # noqa: S608
                    f"%{MARK}%",
                )[0]
    return found


def test_a_seller_is_shown_nothing_of_another(seats):
    own, _ = seats

    shown = rows_of(own.ids["seller_id"])

    assert {table for table, (_, foreign) in shown.items() if foreign} == set()
    assert {table for table, (count, _) in shown.items() if count} >= {
        "accounts_user", "catalog_product", "catalog_variant", "catalog_listing",
        "fulfillment_shipment", "fulfillment_shippingmethod", "importing_importjob",
        "inventory_stock", "ledger_account", "ledger_entry", "ledger_journal", "orders_order",
        "orders_orderevent", "orders_orderline", "orders_sellerorder", "payouts_earning",
        "payouts_payout", "pricing_price", "sellers_seller", "wagtailcore_comment",
        "wagtailcore_revision",
    }  # fmt: skip


@pytest.mark.django_db
def test_a_withdrawal_which_tells_of_all_sellers_goods_is_shown_to_none():
    assert not rows.rules()["returns_withdrawal"].privileges


def test_the_other_seller_is_there_to_be_seen(seats):
    """Control: without the role the very same statements find the other's words."""
    found = {
        table
        for table in rows.own_tables()
        if ask(f"SELECT 1 FROM {table} t WHERE t::text ILIKE %s LIMIT 1", f"%{MARK}%")  # noqa: S608
    }

    assert found >= {
        "accounts_user", "catalog_product", "catalog_variant", "catalog_listing",
        "importing_importjob", "sellers_seller", "wagtailcore_comment", "wagtailcore_revision",
    }  # fmt: skip


def test_two_sellers_share_no_row(seats):
    own, other = seats
    mine, theirs = rows_of(own.ids["seller_id"]), rows_of(other.ids["seller_id"])

    for table in sorted(mine.keys() - {"accounts_user"}):
        everything = ask(f"SELECT count(*) FROM {table}")[0][0]  # noqa: S608
        assert mine[table][0] + theirs[table][0] <= everything, table


def test_with_no_seller_named_nothing_is_shown(seats):
    with transaction.atomic():
        ask(f"SELECT set_config('role', '{role()}', true)")
        shown = {
            table: ask(f"SELECT count(*) FROM {table}")[0][0]  # noqa: S608
            for table in sorted(rows.own_tables() - {"accounts_user"})
            if rows.rules()[table].privileges
        }
        people = ask("SELECT count(*) FROM accounts_user WHERE NOT is_superuser")[0][0]
        ask("SELECT set_config('role', 'none', true)")

    assert {table for table, count in shown.items() if count} == set()
    assert people == 0


CLOSED = [
    "payments_payment", "cart_cart", "checkout_checkout", "outbox_event", "notifications_message",
    "django_session", "mfa_authenticator", "account_emailaddress", "accounts_address",
    "wagtailcore_apitoken",
]  # fmt: skip


@pytest.mark.parametrize("table", CLOSED)
def test_what_is_not_the_sellers_is_not_even_read(db, table):
    denied = pytest.raises(DatabaseError, match="permission denied")
    with confined(seller_id=1), denied, transaction.atomic():
        ask(f"SELECT * FROM {table}")  # noqa: S608


MONEY = [
    "UPDATE orders_sellerorder SET goods_minor = goods_minor + 1",
    "UPDATE orders_sellerorder SET commission_minor = 0",
    "UPDATE orders_sellerorder SET seller_id = seller_id",
    "UPDATE orders_orderline SET unit_minor = 1",
    "UPDATE orders_orderline SET commission_bps = 0",
    "UPDATE orders_order SET total_minor = 0",
    "DELETE FROM orders_orderline",
    "UPDATE sellers_commissionagreement SET rate_bps = 0",
    "UPDATE sellers_seller SET trusted = true",
    "UPDATE sellers_seller SET payouts_enabled = true",
    "UPDATE sellers_member SET role = 'owner'",
    "UPDATE payouts_earning SET amount_minor = 100000",
    "UPDATE payouts_payout SET state = 'sent'",
    "UPDATE accounts_user SET is_superuser = true",
    "UPDATE inventory_stockmovement SET delta = 0",
    "INSERT INTO ledger_journal (business_key, kind, memo) VALUES ('own', 'own', '')",
    "INSERT INTO pricing_taxrate (country) VALUES ('DE')",
    "INSERT INTO auth_group_permissions (group_id, permission_id) VALUES (1, 1)",
]


@pytest.mark.parametrize("statement", MONEY)
def test_what_is_booked_or_agreed_is_not_changed_by_sql(db, statement):
    denied = pytest.raises(DatabaseError, match="permission denied")
    with confined(seller_id=1), denied, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_rows_of_others_are_not_changed(seats):
    own, other = seats
    foreign = other.ids["product_id"]

    with confined(seller_id=own.ids["seller_id"]):
        assert Product.objects.filter(pk=foreign).update(name="mine now") == 0
        assert Product.objects.update(brand="Same") == len(
            queries.own_products(seller_id=own.ids["seller_id"])
        )

    assert Product.objects.get(pk=foreign).brand == f"{MARK} brand"


@pytest.mark.parametrize("link", ["seller", "variant"])
def test_nothing_is_written_for_others(seats, link):
    own, other = seats
    statement, params = {
        "seller": (
            "INSERT INTO inventory_location (seller_id, name, country) VALUES (%s, 'x', 'DE')",
            [other.ids["seller_id"]],
        ),
        "variant": (
            "INSERT INTO pricing_price (variant_id, currency, amount_minor, changed_at)"
            " VALUES (%s, 'EUR', 1, now())",
            [other.ids["variant_id"]],
        ),
    }[link]

    refused = pytest.raises(DatabaseError, match="row-level security")
    with confined(seller_id=own.ids["seller_id"]), refused, transaction.atomic():
        ask(statement, *params)


def test_a_screen_that_forgets_to_ask_whose_shows_ones_own_all_the_same(seats, monkeypatch):
    own, _ = seats
    client = signed_in(own.shop.people["owner"])
    ask_for_own = queries.own_products

    def everybodys(*, seller_id):
        found = ask_for_own(seller_id=seller_id)
        found.query.where.children = []
        return found

    monkeypatch.setattr(queries, "own_products", everybodys)

    shown = client.get("/admin/selling/products/")

    assert shown.status_code == 200
    assert MARK not in shown.content.decode()

    monkeypatch.setattr(wall, "_confine", lambda request, seller_id: None)
    assert MARK in client.get("/admin/selling/products/").content.decode()  # the control


def test_the_request_before_leaves_nothing_to_the_next(seats):
    own, _ = seats

    signed_in(own.shop.people["owner"]).get("/admin/selling/products/")

    assert current_role() != role()
    assert ask("SELECT current_setting('stoa.seller', true)")[0][0] in ("", None)


def test_the_marketplace_s_own_bookkeeping_steps_out_and_in_again(db):
    seller = make_seller()

    with transaction.atomic(), confined(seller_id=seller.pk):
        ledger.post(
            business_key="test", kind="test", currency="USD", entries={"stripe": 5, "tax": -5}
        )
        publish(SellerRenamed(seller_id=seller.pk))
        assert current_role() == role()
        with unconfined():
            assert current_role() != role()
        assert current_role() == role()

    assert Event.objects.filter(name=SellerRenamed.name).count() == 1


def test_nobody_steps_out_on_behalf_of_another_seller(db):
    own, other = make_seller(), make_seller()
    asked = []

    @unconfined()
    def decide(*, seller_id):
        asked.append((seller_id, current_role() == role()))

    with transaction.atomic(), confined(seller_id=own.pk):
        decide(seller_id=own.pk)
        for foreign in (other.pk, None):
            with pytest.raises(AnotherSeller):
                decide(seller_id=foreign)
        with unconfined():  # the marketplace's own work may concern others
            decide(seller_id=other.pk)
    decide(seller_id=other.pk)

    assert asked == [(own.pk, False), (other.pk, False), (other.pk, False)]


def test_a_failure_outside_comes_back_inside(db):
    with transaction.atomic(), confined(seller_id=1):
        with pytest.raises(DatabaseError), transaction.atomic(), unconfined():
            ask("SELECT 1 / 0")
        assert current_role() == role()


@pytest.mark.django_db(transaction=True)
def test_each_transaction_takes_the_role_for_itself():
    with confined(seller_id=7):
        assert ask("SELECT current_user, current_setting('stoa.seller')") == [(role(), "7")]
        with transaction.atomic():
            assert current_role() == role()
            transaction.on_commit(lambda: told.append(current_role()))
            told = []
        assert told == [role()]
        server = connection.connection.execute("SELECT current_user").fetchone()[0]
        assert server != role()  # the session never was that role
    assert current_role() != role()


@pytest.mark.django_db(transaction=True)
def test_a_refused_statement_leaves_no_transaction_open():
    with confined(seller_id=7):
        with pytest.raises(DatabaseError):
            ask("SELECT 1 / 0")
        assert ask("SELECT 1") == [(1,)]
        assert connection.connection.info.transaction_status.name == "IDLE"


@pytest.mark.django_db(transaction=True)
def test_rows_that_are_fetched_by_and_by_are_own_rows():
    own, other = make_seller(name="Acme"), make_seller(name="Bolt")
    make_product(seller_id=own.pk)
    make_product(seller_id=other.pk)

    with confined(seller_id=own.pk):
        found = [product.seller_id for product in Product.objects.iterator(chunk_size=1)]

    assert found == [own.pk]


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_is_written_while_it_is_sent_stays_confined():
    def lines():
        yield current_role().encode()
        yield ask("SELECT current_setting('stoa.seller')")[0][0].encode()

    assert list(confine_stream(lines(), seller_id=7)) == [role().encode(), b"7"]
    assert current_role() != role()


def test_the_wall_confines_what_streams(db):
    request = RequestFactory().get("/admin/selling/orders/")

    def view(request):
        request.confined_to = 7
        return StreamingHttpResponse(current_role() for _ in range(1))

    parts = list(wall.SellerWallMiddleware(view)(request))

    assert parts == [role().encode()]


def test_a_preview_is_what_a_visitor_would_see(db):
    seen = []
    visit = wall.VisitMiddleware(lambda request: seen.append(current_role()) or HttpResponse())

    with transaction.atomic(), confined(seller_id=1):
        visit(RequestFactory().get("/sellers/acme/mug/"))
        visit(RequestFactory().get("/admin/selling/"))

    assert seen == [connection.get_connection_params()["user"], role()]


def test_a_user_who_may_not_take_the_role_is_told_what_to_run(db, monkeypatch):
    monkeypatch.setattr(guarding, "can_take_role", lambda: False)
    monkeypatch.setattr(guarding, "_try_to_make_role", lambda: False)

    with pytest.raises(guarding.RoleMissing, match=f"CREATE ROLE {role()} NOLOGIN; GRANT"):
        guarding.ensure_role()
    assert [each.id for each in sellers_rows_are_guarded(databases=["default"])] == ["selling.W001"]


def test_the_check_names_what_stands_open(db):
    assert sellers_rows_are_guarded(databases=["default"]) == []
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_product DISABLE ROW LEVEL SECURITY")

    (caution,) = sellers_rows_are_guarded(databases=["default"])

    assert "catalog_product" in caution.msg
    assert sellers_rows_are_guarded(databases=None) == []


def test_a_database_moved_to_another_cluster_is_guarded_by_the_next_migrate(db):
    """A dump holds policies and grants of a role that the new cluster does not know."""
    shop = open_shop("Acme")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP OWNED BY {role()}")
    with pytest.raises(DatabaseError), transaction.atomic(), confined(seller_id=shop.seller.pk):
        ask("SELECT 1 FROM catalog_product")

    guarding.guard()

    with confined(seller_id=shop.seller.pk):
        assert ask("SELECT count(*) FROM sellers_seller") == [(1,)]
