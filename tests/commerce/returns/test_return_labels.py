"""Labels for what goes back: bought once by the seller, printed by the shopper, given back."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, Error, connection, transaction
from django.test import Client

from cms.selling import label_forms
from commerce.documents import operations as documents
from commerce.fulfillment import operations as fulfillment
from commerce.fulfillment import queries as parcels
from commerce.fulfillment.models import CustomsItem, Label, Shipment
from commerce.gateways.carriers import CarrierUnavailable
from commerce.invariants import queries as invariants
from commerce.kernel import failpoints
from commerce.kernel.money import Money
from commerce.ledger import queries as ledger
from commerce.notifications.models import Message
from commerce.orders import queries as orders
from commerce.orders.models import Adjustment
from commerce.outbox import operations as outbox
from commerce.outbox.models import Delivery
from commerce.payouts.models import Deduction, Earning
from commerce.returns import label_payers, operations, queries, returning
from commerce.returns.models import Case, LineTerms, Policy, ReturnLabel
from commerce.returns.types import Finding, Wish
from tests.commerce.returns.test_returning import photo
from tests.factories.accounts import SAN_FRANCISCO
from tests.factories.fulfillment import delivered, plan_dispatch
from tests.factories.sales import Sold, sell
from tests.factories.selling import open_shop
from tests.support.constraints import check_deferred_constraints

pytestmark = pytest.mark.django_db
OFFER = {"carrier": "usps", "service": "Priority", "most": Money(5000, "USD")}


@pytest.fixture
def shop(carriers):
    shop = open_shop("Acme")
    plan_dispatch(shop.seller.pk)
    return shop


@pytest.fixture
def part(shop):
    return delivered_part(shop.seller)


def delivered_part(seller):
    part = sell(Sold(seller=seller)).seller_orders[0]
    delivered(part)
    return part


@pytest.fixture
def case(part):
    return approved(part)


def approved(part, units=1, **wish):
    (case_id,) = operations.request_return(
        order_token=part.order_token, wish=Wish(units={part.lines[0].id: units}, **wish)
    )
    operations.answer_return(
        seller_id=part.seller_id, case_id=case_id, consent=True, return_to="1 Main St"
    )
    return queries.cases(case_ids=[case_id])[case_id]


def buy(case, **changes):
    values = {"key": "one", "weight_grams": 500, **OFFER, **changes}
    operations.buy_label(seller_id=case.seller_id, case_id=case.id, **values)
    return queries.label_of(case_id=case.id)


def owed(case):
    return -ledger.balance(code=f"payable:{case.seller_id}", currency="USD")


def tell(*words):
    for delivery in Delivery.objects.filter(delivered_at=None):
        if any(word in delivery.subscriber for word in words):
            outbox.deliver(delivery_id=delivery.pk)


def test_a_label_back_is_bought_from_shopper_to_seller_and_booked_to_the_seller(carriers, case):
    before = owed(case)

    label = buy(case)

    assert label.is_ready
    (shipment,) = (s for s in carriers.shipments.values() if s["postage_label"])
    assert shipment["is_return"] is True
    # asked for by the addresses of the way out; the service swapped them
    assert shipment["from_address"]["name"] == SAN_FRANCISCO.name
    assert owed(case) == before - label.cost.minor
    tell("payouts", "notifications")
    assert Deduction.objects.filter(kind="label", amount_minor=label.cost.minor).exists()
    mail = Message.objects.get(key__startswith="return-label:")
    assert (mail.recipient, "return label is ready" in mail.subject) == (case.email, True)


def test_it_is_no_label_of_what_leaves(carriers, case, part):
    label = buy(case)

    assert parcels.labels_of(seller_order_ids=[part.id])[part.id] == []
    assert parcels.labeled_units(seller_order_id=part.id) == {}
    parcel = Shipment.objects.get()
    with pytest.raises(Error, match="comes back"), transaction.atomic():
        Shipment.objects.create(
            seller_id=part.seller_id, seller_order_id=part.id, carrier=parcel.carrier,
            label_id=label.label_id, tracking_number=label.tracking_number,
        )  # fmt: skip


def test_buying_twice_buys_once_and_a_second_is_refused(carriers, case):
    assert buy(case) == buy(case)
    assert len(carriers.purchases) == 1
    with pytest.raises(operations.NotPossible, match="has a label already"):
        buy(case, key="two")


@pytest.mark.parametrize("point", ["label_prepared", "label_bought"])
def test_a_purchase_that_breaks_off_is_finished_and_told(carriers, case, point):
    failpoints.arm(f"{point}=raise")
    with pytest.raises(failpoints.OrderedToFail):
        buy(case)
    failpoints.arm("")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE fulfillment_label SET tried_at = tried_at - interval '1 minute',"
            " asked_at = asked_at - interval '1 minute'"
        )

    fulfillment.settle_labels()

    assert queries.label_of(case_id=case.id).is_ready
    assert len(carriers.purchases) == 1


def test_only_an_approved_return_gets_a_label(carriers, part):
    (case_id,) = operations.request_return(
        order_token=part.order_token, wish=Wish(units={part.lines[0].id: 1})
    )
    with pytest.raises(operations.NotPossible, match="approved"):
        operations.buy_label(
            seller_id=part.seller_id, case_id=case_id, key="k", weight_grams=500, **OFFER
        )
    assert not Label.objects.exists()


def test_a_refused_purchase_makes_room_for_another(carriers, case):
    with pytest.raises(fulfillment.LabelRefused, match="costs"):
        buy(case, most=Money(1, "USD"))

    assert buy(case, key="two").is_ready


def test_a_carrier_that_is_away_books_nothing(carriers, case):
    carriers.fault("500", times=None)
    before = owed(case)
    with pytest.raises(CarrierUnavailable):
        operations.label_offers(seller_id=case.seller_id, case_id=case.id, weight_grams=500)
    with pytest.raises(fulfillment.LabelPending):
        buy(case)
    assert owed(case) == before
    assert not queries.label_of(case_id=case.id).is_ready


def test_an_unused_label_is_given_back_with_its_price(carriers, case):
    before = owed(case)
    buy(case)

    operations.take_label_back(seller_id=case.seller_id, case_id=case.id)

    assert queries.label_of(case_id=case.id) is None
    assert owed(case) == before
    assert buy(case, key="two").is_ready


def test_what_was_sent_with_it_keeps_its_label(carriers, case):
    label = buy(case)
    operations.mark_sent(
        order_token=case.order_token, case_id=case.id, tracking_number=label.tracking_number
    )
    with pytest.raises(operations.NotPossible, match="sent with it"):
        operations.take_label_back(seller_id=case.seller_id, case_id=case.id)


def test_labels_of_returns_that_never_came_are_given_back_by_themselves(carriers, case):
    before = owed(case)
    buy(case)
    assert operations.give_back_unused() == 0

    operations.close(order_token=case.order_token, case_id=case.id)

    assert operations.give_back_unused() == 1
    assert operations.give_back_unused() == 0
    assert owed(case) == before
    check_deferred_constraints()


def test_a_label_that_was_still_being_bought_when_its_return_ended_is_given_back(carriers, case):
    before = owed(case)
    failpoints.arm("label_prepared=raise")
    with pytest.raises(failpoints.OrderedToFail):
        buy(case)
    failpoints.arm("")
    operations.close(order_token=case.order_token, case_id=case.id)

    assert operations.give_back_unused() == 0
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE fulfillment_label SET tried_at = tried_at - interval '1 minute',"
            " asked_at = asked_at - interval '1 minute'"
        )
    fulfillment.settle_labels()
    assert Label.objects.get().state == "bought"

    assert operations.give_back_unused() == 1
    assert owed(case) == before


def test_a_label_that_the_carrier_saw_moving_stays_booked(carriers, case):
    label = buy(case)
    carriers.move(label.tracking_number, "in_transit")
    operations.close(order_token=case.order_token, case_id=case.id)
    booked = owed(case)

    assert operations.give_back_unused() == 0
    assert owed(case) == booked
    assert ReturnLabel.objects.get().removed_at is not None


def test_labels_that_wait_keep_others_from_no_turn(carriers, shop):
    stuck, free = (approved(delivered_part(shop.seller)) for _ in range(2))
    failpoints.arm("label_prepared=raise")
    with pytest.raises(failpoints.OrderedToFail):
        buy(stuck)
    failpoints.arm("")
    buy(free)
    for case in (stuck, free):
        operations.close(order_token=case.order_token, case_id=case.id)

    assert [operations.give_back_unused(limit=1) for _ in range(3)] == [0, 1, 0]
    assert queries.label_of(case_id=stuck.id) is not None


def test_one_that_breaks_keeps_the_others_of_the_run_from_nothing(carriers, shop, monkeypatch):
    cases = [approved(delivered_part(shop.seller)) for _ in range(2)]
    for case in cases:
        buy(case)
        operations.close(order_token=case.order_token, case_id=case.id)
    void = fulfillment.void_label

    def breaks_once(**about):
        monkeypatch.setattr(fulfillment, "void_label", void)
        raise DatabaseError("refused by a guard")

    monkeypatch.setattr(fulfillment, "void_label", breaks_once)
    assert operations.give_back_unused() == 1
    assert operations.give_back_unused() == 1


@pytest.mark.parametrize(
    ("data", "ending"), [(b"%PDF-1.4 label", "pdf"), (photo(), "png"), (photo("JPEG"), "jpg")]
)
def test_a_label_bought_elsewhere_is_kept_and_told(case, data, ending):
    operations.give_label(
        seller_id=case.seller_id, case_id=case.id, data=data, tracking_number=" 1Z 999 "
    )

    assert queries.label_sheet(case_id=case.id) == (ending, data)
    label = queries.label_of(case_id=case.id)
    assert (label.state, label.tracking_number, label.cost) == ("given", "1Z 999", None)
    tell("notifications")
    assert Message.objects.filter(key__startswith="return-label:").exists()


@pytest.mark.parametrize("data", [b"", b"<html>", b"x" * (5 * 1024 * 1024 + 1)])
def test_what_is_no_label_is_refused(case, data):
    with pytest.raises(operations.InvalidLabelFile):
        operations.give_label(seller_id=case.seller_id, case_id=case.id, data=data)
    assert not ReturnLabel.objects.exists()


def test_from_abroad_it_declares_returned_goods(carriers, shop):
    berlin = SAN_FRANCISCO.__class__(
        name="Ada Brook", line1="Torstrasse 1", city="Berlin", postal_code="10119", country="DE"
    )
    part = sell(Sold(seller=shop.seller), address=berlin).seller_orders[0]
    delivered(part)
    case = approved(part)
    with pytest.raises(fulfillment.CustomsMissing):
        buy(case)
    CustomsItem.objects.create(
        variant_id=part.lines[0].variant_id, description="Mug", hs_code="691200",
        origin_country="PT",
    )  # fmt: skip

    label = buy(case)

    assert label.has_customs
    shipment = carriers.shipments[Label.objects.get().provider_id]
    assert shipment["customs_info"]["contents_type"] == "returned_goods"
    client = Client()
    paper = client.get(f"/orders/track/{case.order_token}/requests/{case.number}/customs/")
    assert paper.content.startswith(b"%PDF")


def page_of(case) -> str:
    return f"/orders/track/{case.order_token}/requests/{case.number}/"


def test_a_guest_prints_it_from_the_page_of_the_return(carriers, case, client):
    assert "return label" not in client.get(page_of(case)).content.decode()
    assert client.get(f"{page_of(case)}label/").status_code == 404

    label = buy(case)

    page = client.get(page_of(case)).content.decode()
    assert "Download the return label" in page
    assert f"number {label.tracking_number}" in page
    assert 'name="way" value="label"' in page
    sheet = client.get(f"{page_of(case)}label/")
    assert sheet["Content-Type"] == "application/pdf"
    assert sheet.content.startswith(b"%PDF")
    other = sell(Sold(seller=make_other()))
    wrong = f"/orders/track/{other.token}/requests/{case.number}/label/"
    assert client.get(wrong).status_code == 404


def make_other():
    return open_shop("Other").seller


def typed(case, shop, **more):
    return shop.client("editor").post(
        f"/admin/selling/requests/{case.number}/label/", {"do": "offers", "key": "k", **more}
    )


def test_the_seller_buys_one_on_a_screen(carriers, case, shop):
    screen = shop.client("editor").get(f"/admin/selling/requests/{case.number}/").content.decode()
    assert "Give the shopper a return label" in screen

    prices = typed(case, shop, kilograms="0.5")
    (value, offer) = prices.context["offers"][0]
    bought = typed(case, shop, kilograms="0.5", offer=value)

    assert bought.status_code == 302
    label = queries.label_of(case_id=case.id)
    assert (label.carrier, label.cost) == (offer.carrier, offer.price)
    client = shop.client("owner")
    sheet = client.get(f"/admin/selling/requests/{case.number}/label/sheet/")
    assert sheet.content.startswith(b"%PDF")
    taken = client.post(f"/admin/selling/requests/{case.number}/label/", {"do": "back"})
    assert taken.status_code == 302
    assert queries.label_of(case_id=case.id) is None


def test_the_screen_says_what_is_wrong_and_is_for_those_who_decide(
    carriers, case, shop, monkeypatch
):
    assert typed(case, shop, kilograms="").status_code == 422
    assert typed(case, shop, kilograms="9" * 30).status_code == 422
    assert typed(case, shop, do="nonsense").status_code == 404
    nothing = typed(case, shop, do="give")
    assert "Choose the file with the label" in nothing.content.decode()
    page = SimpleUploadedFile("label.pdf", b"<html>")
    wrong = typed(case, shop, do="give", file=page)
    monkeypatch.setattr(label_forms, "MAX_LABEL_BYTES", 5)
    large = typed(case, shop, do="give", file=SimpleUploadedFile("label.pdf", b"%PDF-1.4"))
    assert (large.status_code, "larger than 5 MB" in large.content.decode()) == (422, True)
    monkeypatch.undo()
    assert (wrong.status_code, "PDF, PNG or JPEG" in wrong.content.decode()) == (422, True)
    address = f"/admin/selling/requests/{case.number}/label/"
    assert shop.client("packer").get(address).status_code in (403, 404)
    assert open_shop("Borealis").client("owner").get(address).status_code == 404
    given = typed(case, shop, do="give", file=SimpleUploadedFile("x.pdf", b"%PDF-1.4"))
    assert given.status_code == 302


def test_the_database_keeps_one_label_per_return(case):
    ReturnLabel.objects.create(case_id=case.id, file="one.pdf")
    with pytest.raises(Error, match="one_return_label_per_case"), transaction.atomic():
        ReturnLabel.objects.create(case_id=case.id, file="two.pdf")
    with pytest.raises(Error, match="one_or_other"), transaction.atomic():
        ReturnLabel.objects.create(case=Case.objects.get(pk=case.id))


def test_a_customs_paper_that_cannot_be_set_is_no_error_page(carriers, case, client, monkeypatch):
    def fail(**_):
        raise documents.NotRendered("no typesetter")

    buy(case)
    monkeypatch.setattr(documents, "customs_pdf", fail)

    answer = client.get(f"{page_of(case)}customs/")

    assert answer.status_code == 503
    assert "could not be made just now" in answer.content.decode()


def test_no_parcel_takes_the_key_of_a_return(carriers, case, shop):
    other = sell(Sold(seller=shop.seller)).seller_orders[0]
    form = {"kilograms": "0.5", "offer": "usps|Priority|5000|USD"}
    form[f"quantity_{other.lines[0].id}"] = "1"
    label = f"/admin/selling/orders/{other.number}/label/"

    taken = shop.client("editor").post(label, form | {"key": f"r{case.id}:k"})
    bought = typed(case, shop, **form)

    assert (taken.status_code, bought.status_code) == (422, 302)
    assert Label.objects.get().is_return


def agreed(payer, shop, units=1, reason="changed-mind"):
    """An approved return of an order on which it was agreed who pays its label."""
    policy = Policy.objects.create(name="Labels", seller=shop.seller, days=30, label_payer=payer)
    part = delivered_part(shop.seller)
    operations.agree(order_id=part.order_id)
    policy.delete()  # what was agreed holds
    return approved(part, units, reason=reason)


def spent():
    return ledger.balance(code="return-labels", currency="USD")


def rules_broken():
    check_deferred_constraints()
    return [f"{result.code} {result.rule}" for result in invariants.broken()]


def test_the_marketplace_pays_the_cheapest_label_and_the_seller_nothing(carriers, shop):
    case = agreed("marketplace", shop)
    before = owed(case)
    with pytest.raises(operations.NotPossible, match="cheapest"):
        buy(case)
    (offer,) = operations.label_offers(seller_id=case.seller_id, case_id=case.id, weight_grams=500)
    chosen = {"carrier": offer.carrier, "service": offer.service}
    with pytest.raises(operations.NotPossible, match="costs something else"):
        buy(case, **chosen)

    label = buy(case, **chosen, most=offer.price)
    assert buy(case, **chosen, most=offer.price) == label

    assert (owed(case), spent()) == (before, label.cost.minor)
    tell("payouts")
    assert not Deduction.objects.filter(kind="label").exists()
    assert rules_broken() == []

    operations.take_label_back(seller_id=case.seller_id, case_id=case.id)
    tell("payouts")
    assert (owed(case), spent()) == (before, 0)
    assert not Earning.objects.filter(business_key__startswith="label-void").exists()
    assert rules_broken() == []


def test_a_label_that_was_refused_makes_no_room_for_a_dearer_one(carriers, shop):
    case = agreed("marketplace", shop)
    (offer,) = operations.label_offers(seller_id=case.seller_id, case_id=case.id, weight_grams=500)
    chosen = {"carrier": offer.carrier, "service": offer.service}
    with pytest.raises(fulfillment.LabelRefused, match="costs"):
        buy(case, **chosen, most=Money(0, "USD"))

    with pytest.raises(operations.NotPossible, match="cheapest"):
        buy(case, key="two")

    assert spent() == 0
    assert buy(case, key="three", **chosen, most=offer.price).is_ready


def test_what_was_faulty_the_seller_pays_whatever_was_agreed(carriers, shop):
    for payer in ("marketplace", "shopper"):
        case = agreed(payer, shop, reason="defective")
        before = owed(case)
        label = buy(case, key=payer)
        assert (label.payer, spent()) == ("seller", 0)
        assert owed(case) == before - label.cost.minor


def test_a_shopper_pays_the_label_that_was_used_from_the_refund(carriers, shop):
    case = agreed("shopper", shop)
    label = bought_cheapest(case)
    before = owed(case)
    operations.mark_sent(
        order_token=case.order_token, case_id=case.id, tracking_number=label.tracking_number
    )
    back = received(case)

    assert back.withheld == label.cost
    assert f"The return label cost {label.cost}" in back.answer
    adjustment = Adjustment.objects.get()
    assert adjustment.refund_minor == 2500 + adjustment.tax_minor - label.cost.minor
    assert owed(case) == before - adjustment.seller_minor  # and the label was paid before
    assert rules_broken() == []


def test_a_label_that_was_used_is_paid_though_its_number_was_not_typed(carriers, shop):
    case = agreed("shopper", shop)
    label = bought_cheapest(case)
    operations.mark_sent(order_token=case.order_token, case_id=case.id, with_label=True)
    assert queries.label_of(case_id=case.id).is_used
    back = received(case)

    assert (back.tracking_number, back.withheld) == (label.tracking_number, label.cost)
    assert rules_broken() == []


def test_what_was_sent_before_labels_were_marked_is_known_by_its_number(carriers, shop):
    case = agreed("shopper", shop)
    label = bought_cheapest(case)
    operations.mark_sent(order_token=case.order_token, case_id=case.id)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Case.objects.update(tracking_number=label.tracking_number)
        cursor.execute("SET LOCAL session_replication_role = origin")

    assert not queries.label_of(case_id=case.id).is_used
    assert label_payers.charge_of(Case.objects.get()) == label.cost.minor


def test_nothing_is_sent_with_a_label_that_was_taken_back(carriers, shop):
    case = agreed("shopper", shop)
    bought_cheapest(case)
    operations.take_label_back(seller_id=case.seller_id, case_id=case.id)

    with pytest.raises(operations.NotPossible, match="taken back meanwhile"):
        operations.mark_sent(order_token=case.order_token, case_id=case.id, with_label=True)

    assert Case.objects.get().state == "approved"


def test_whether_a_label_was_used_is_said_once(carriers, case):
    buy(case)
    operations.mark_sent(order_token=case.order_token, case_id=case.id, with_label=True)

    with pytest.raises(Error, match="said once"), transaction.atomic():
        ReturnLabel.objects.update(used_at=None)


def test_who_sends_it_another_way_pays_no_label_here(carriers, shop):
    case = agreed("shopper", shop)
    bought_cheapest(case)
    operations.mark_sent(
        order_token=case.order_token, case_id=case.id, tracking_number="my own parcel"
    )
    assert received(case).withheld.minor == 0


def test_a_label_takes_no_more_than_the_goods_leave(carriers, shop, monkeypatch):
    case = agreed("shopper", shop)
    monkeypatch.setattr(returning, "charge_of", lambda case: 10_000_000)
    operations.mark_sent(order_token=case.order_token, case_id=case.id)
    received(case)
    adjustment = Adjustment.objects.get()
    assert adjustment.seller_minor == 0
    assert rules_broken() == []


def test_where_lines_differ_nobody_pays_more_than_was_agreed(shop):
    part = sell(Sold(seller=shop.seller, titles=["Mug", "Bowl"])).seller_orders[0]
    delivered(part)
    for line, payer in zip(part.lines, ("shopper", "marketplace"), strict=True):
        LineTerms.objects.create(order_line_id=line.id, days=30, puts_back=True, label_payer=payer)
    (case_id,) = operations.request_return(
        order_token=part.order_token, wish=Wish(units={line.id: 1 for line in part.lines})
    )
    assert label_payers.payer_of(Case.objects.get(pk=case_id)) == "marketplace"


def test_the_more_specific_policy_names_the_payer_and_an_empty_one_leaves_it(shop):
    Policy.objects.create(name="All", days=30, label_payer="marketplace")
    assert window(shop) == "marketplace"
    Policy.objects.create(name="Own days", seller=shop.seller, days=60)
    assert window(shop) == "marketplace"
    Policy.objects.create(name="Own labels", seller=shop.seller, days=90, label_payer="shopper")
    assert window(shop) == "shopper"


def window(shop):
    return queries.window_of(product_id=0, seller_id=shop.seller.pk).label_payer


def test_who_asks_for_a_return_reads_before_that_they_pay_its_label(shop, client):
    words = "its price is taken off your refund"
    for payer, reads in (("seller", False), ("marketplace", False), ("shopper", True)):
        token = agreed(payer, shop).order_token
        for page in ("ask/return/", "withdraw/"):
            answer = client.get(f"/orders/track/{token}/{page}")
            assert answer.status_code == 200
            assert (words in answer.content.decode()) is reads


def test_what_was_never_agreed_no_shopper_pays(shop, client):
    part = delivered_part(shop.seller)
    assert not LineTerms.objects.exists()
    Policy.objects.create(name="Later", days=30, label_payer="shopper")
    order = orders.order(token=part.order_token)
    assert [each.shopper_pays_labels for each in queries.choices(order=order)] == [False]
    assert label_payers.payer_of(Case.objects.get(pk=approved(part).id)) == "seller"


def test_the_shopper_reads_who_pays_and_the_seller_too(carriers, shop, client):
    case = agreed("shopper", shop)
    screen = typed(case, shop, kilograms="0.5").content.decode()
    assert "taken off the shopper" in screen
    label = bought_cheapest(case)
    page = client.get(page_of(case)).content.decode()
    assert "$4.70 is taken off your refund" in page
    assert "You may send it another way" in page
    tell("notifications")
    mail = Message.objects.get(key__startswith="return-label:")
    assert f"its price of {label.cost} is taken off" in " ".join(mail.text.split())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE fulfillment_label SET payer = 'marketplace'",
        "UPDATE fulfillment_label SET payer = 'nobody'",
        "INSERT INTO returns_policy (name, days, label_payer, puts_back, is_active, exempt_because)"
        " VALUES ('x', 30, 'nobody', true, true, '')",
    ],
)
def test_the_database_keeps_who_pays(carriers, case, statement):
    buy(case)
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def bought_cheapest(case):
    (offer,) = operations.label_offers(seller_id=case.seller_id, case_id=case.id, weight_grams=500)
    return buy(case, carrier=offer.carrier, service=offer.service, most=offer.price)


def received(case):
    """The case, once its goods came back and were found as new."""
    operations.receive(seller_id=case.seller_id, case_id=case.id)
    found = Finding(condition="new", accepted=1, put_back=0)
    findings = {line.order_line_id: found for line in case.lines}
    operations.inspect(seller_id=case.seller_id, case_id=case.id, findings=findings)
    return queries.cases(case_ids=[case.id])[case.id]
