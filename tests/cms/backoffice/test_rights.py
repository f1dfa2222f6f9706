"""Who may open which screen of the back office."""

import pytest
from django.contrib.auth.models import Group

from cms.backoffice.menu import ITEMS
from cms.backoffice.operations import grant_staff_permissions
from cms.backoffice.rights import RIGHTS
from commerce.catalog.models import ProductType
from commerce.fulfillment.models import Carrier
from commerce.giftcards.models import Purchase
from commerce.ledger.models import Journal
from commerce.payments.models import Dispute, Payment, Refund
from commerce.pricing.models import TaxRate
from commerce.reconciling.models import Break
from commerce.returns.models import Policy
from commerce.sellers.models import Application
from tests.factories.credits import make_gift_card
from tests.factories.sellers import make_member, make_seller
from tests.factories.staff import ADMINISTRATORS, EDITORS, staff_client, staff_groups
from tests.support.admin_doors import doorways
from tests.support.admin_worlds import seat, shared

pytestmark = pytest.mark.django_db

MODERATORS_SCREENS = {
    "backoffice:applications", "backoffice:applications_results", "backoffice:application",
    "backoffice:sellers", "backoffice:sellers_results", "backoffice:seller",
}  # fmt: skip


def office():
    return [
        doorway
        for doorway in doorways()
        if doorway.name.startswith("backoffice:") or "_modeladmin_" in doorway.name
    ]


@pytest.fixture
def world(db):
    ids = seat("Acme").ids
    user = make_member(make_seller()).user
    application = Application.objects.create(
        user=user, shop_name="Bo", legal_name="Bo", email="b@example.com", country="US", about="x"
    )
    carrier = Carrier.objects.first()
    Policy.objects.create(pk=carrier.pk, name="Season")
    ProductType.objects.get_or_create(pk=carrier.pk, defaults={"code": "k", "name": "K"})
    TaxRate.objects.create(pk=carrier.pk, country="US", name="Tax", rate_bps=100)
    return {
        **shared(), **ids, "number": ids["order_number"], "application_id": application.pk,
        "journal_id": Journal.objects.first().pk, "instance_pk": carrier.pk, **money(),
    }  # fmt: skip


def money():
    """A payment, its dispute and a refund made elsewhere, a gift card and a difference."""
    payment = Payment.objects.filter(state="captured").first()
    Payment.objects.filter(pk=payment.pk).update(refunded_minor=1)
    Refund.objects.create(payment=payment, business_key="found:re_1", amount_minor=1, reason="x")
    dispute = Dispute.objects.create(
        payment=payment, provider_dispute="du_1", amount_minor=1, reason="other", status="open"
    )
    found = Break.objects.create(kind="fee", reference="txn_1", amount_minor=1, currency="USD")
    gift = Purchase.objects.create(
        token="t", fingerprint="f", currency="USD", amount_minor=1, sender_name="a",
        sender_email="a@example.com", recipient_name="b", recipient_email="b@example.com",
    )  # fmt: skip
    return {
        "gift_id": gift.pk,
        "payment_id": payment.pk, "dispute_id": dispute.pk, "break_id": found.pk,
        "credit_id": make_gift_card()[0],
    }  # fmt: skip


def opened(client, world):
    """The screens that answer with something of their own."""
    client.raise_request_exception = False
    found = set()
    for doorway in office():
        for _, address in doorway.addresses({"all": world}):
            status = client.get(address).status_code
            assert status < 500, address
            if status in (200, 405):
                found.add(doorway.name)
    return found


def test_an_administrator_opens_every_screen_but_files_of_others(world):
    every = {doorway.name for doorway in office()} - {"backoffice:export_file"}
    assert every == opened(staff_client(ADMINISTRATORS), world)


def test_a_moderator_opens_what_is_about_sellers(world):
    assert opened(staff_client("Moderators"), world) == MODERATORS_SCREENS


def test_an_editor_of_content_opens_none(world):
    assert opened(staff_client(EDITORS), world) == set()


def test_an_editor_of_content_posts_nowhere(world):
    client = staff_client(EDITORS)
    client.raise_request_exception = False
    form = {"action": "suspend", "reason": "x", "approve": "1", "rate": "10"}
    not_turned_away = {
        address
        for doorway in office()
        for _, address in doorway.addresses({"all": world})
        if client.post(address, form).headers.get("Location") != "/admin/"
    }

    assert not_turned_away == set()


@pytest.mark.parametrize(
    ("group", "entries"),
    [
        (ADMINISTRATORS, {"Applications", "Sellers", "Orders", "Payouts", "Payments to review",
                          "Disputes", "Reconciliation", "Gift cards and credit", "Promotions",
                          "Gift cards sold",
                          "Groups of customers", "Commissions",
                          "Ledger", "Audit log", "Invariants", "Failed work",
                          "Ways to ship", "Carriers",
                          "Tax rates", "Kinds of products", "Returns and requests",
                          "Prepared orders", "Return policies"}),
        ("Moderators", {"Applications", "Sellers"}),
        (EDITORS, set()),
    ],
)  # fmt: skip
def test_the_menu_shows_what_one_may_do(db, group, entries):
    page = staff_client(group).get("/admin/").content.decode()
    sidebar = page.split('id="wagtail-sidebar-props"')[1]

    assert {item.label for item in ITEMS if f'"label": "{item.label}"' in sidebar} == entries


def test_granting_again_changes_nothing(db):
    groups = staff_groups()
    before = set(groups[ADMINISTRATORS].permissions.all())
    grant_staff_permissions(
        moderators=Group.objects.get(name="Moderators"), administrators=groups[ADMINISTRATORS]
    )

    assert set(groups[ADMINISTRATORS].permissions.all()) == before
    assert {each.codename for each in before} >= set(RIGHTS)
