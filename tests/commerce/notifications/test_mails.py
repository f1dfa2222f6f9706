import re
from email.utils import parseaddr
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail as outbox
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models.functions import Now

from commerce.checkout import operations as checkout
from commerce.credits import operations as credits
from commerce.fulfillment import operations as fulfillment
from commerce.kernel.money import Money
from commerce.notifications import operations, queries, subscribers, tasks
from commerce.notifications.models import Message
from commerce.outbox.models import Delivery
from commerce.outbox.operations import deliver
from commerce.payouts.events import PayoutSent
from commerce.payouts.models import Earning, Payout
from commerce.payouts.operations import run_now
from commerce.sellers import operations as sellers
from storefront.celery import app
from tests.factories.accounts import SAN_FRANCISCO, make_user
from tests.factories.credits import make_gift_card
from tests.factories.fulfillment import delivered, make_carrier, shipped
from tests.factories.orders import make_ready_cart
from tests.factories.payouts import earned
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_member, make_seller

pytestmark = pytest.mark.django_db


def work_off(module: str = "commerce.notifications") -> None:
    """Deliver the facts that are still under way to one module."""
    for delivery in Delivery.objects.filter(
        subscriber__startswith=module, delivered_at=None
    ).order_by("pk"):
        deliver(delivery_id=delivery.pk)


def mails(kind: str) -> list[Message]:
    return list(Message.objects.filter(kind=kind).order_by("pk"))


def both(message: Message) -> list[str]:
    return [message.text, re.sub(r"\s+", " ", message.html)]


@pytest.fixture
def shops():
    """Two shops with one person each."""
    first, second = make_seller(name="Brook & Clay"), make_seller(name="Luma")
    make_member(first, email="kim@brook.example", first_name="Kim")
    make_member(second, email="lee@luma.example", first_name="Lee")
    return first, second


def sell_both(shops):
    brook, luma = shops
    return sell(
        Sold(seller=brook, titles=["Stoneware <mug>"]),
        Sold(seller=luma, titles=["Yoga mat"], unit_minor=3900, quantity=1),
    )


def test_the_shopper_is_told_all_sellers_and_totals(shops):
    order = sell_both(shops)
    work_off()
    (message,) = mails("order_confirmed")
    assert (message.recipient, message.subject) == (
        "ada@example.com",
        f"Order {order.number} is confirmed",
    )
    for form in both(message):
        for text in ("Yoga mat", "$50.00", "$39.00", "$14.00", f"/orders/track/{order.token}/"):
            assert text in form
    assert "Stoneware <mug>" in message.text
    assert "Stoneware &lt;mug&gt;" in message.html
    assert "Brook &amp; Clay" in message.html
    assert "SOLD AND SENT BY BROOK & CLAY" in message.text


def test_each_seller_is_told_of_their_own_items_only(shops):
    sell_both(shops)
    work_off()
    kim, lee = sorted(mails("new_order"), key=lambda message: message.recipient)
    assert (kim.recipient, lee.recipient) == ("kim@brook.example", "lee@luma.example")
    for form in both(kim):
        assert "Yoga mat" not in form
        assert "$52.00" in form
    for form in both(lee):
        assert "mug" not in form
        assert "1 Market Street" in form


def test_no_seller_learns_the_shoppers_mail_address(shops):
    sell_both(shops)
    work_off()
    assert not [form for message in mails("new_order") for form in both(message) if "ada@" in form]


def test_a_parcel_on_its_way_has_its_number_and_what_is_left(shops):
    order = sell_both(shops)
    part = order.seller_orders[0]
    make_carrier()
    fulfillment.ship(
        seller_id=part.seller_id,
        seller_order_id=part.id,
        carrier_code="usps",
        tracking_number="9400 1",
        quantities={part.lines[0].id: 1},
    )
    work_off()
    (message,) = mails("shipped")
    assert message.subject == f"Brook & Clay has sent your order {order.number}"
    for form in both(message):
        assert "9400 1" in form
        assert "tLabels=9400%201" in form
        assert "1 more item follows in another parcel." in form
        assert "Yoga mat" not in form


def test_an_arrival_is_told_once(shops):
    delivered(sell_both(shops).seller_orders[0])
    work_off()
    for delivery in Delivery.objects.all():
        delivery.delivered_at = None
        delivery.save()
    work_off()
    assert len(mails("delivered")) == len(mails("shipped")) == 1


def test_owners_are_told_of_a_payout_and_packers_are_not():
    seller = make_seller(payable=True)
    make_member(seller, email="owner@brook.example")
    make_member(seller, email="packer@brook.example", role="packer")
    earned(seller)
    (payout_id,) = run_now()
    Payout.objects.update(state="sending")
    Earning.objects.update(provider_transfer="tr_1")
    Payout.objects.update(state="sent", provider_payout="po_1", sent_at=Now())
    subscribers.tell_owners(PayoutSent(payout_id=payout_id))
    (message,) = mails("payout_sent")
    assert message.recipient == "owner@brook.example"
    assert message.subject == "Your payout of $52.00 is on its way"


def apply(shop_name="Fern & Fold"):
    return sellers.apply(
        user_id=make_user(first_name="Noor").pk, shop_name=shop_name, legal_name="Fern LLC",
        email="noor@fern.example", country="US", about="Paper\nand <ink>.",
    )  # fmt: skip


def test_an_applicant_hears_of_receipt_and_approval():
    application_id = apply()
    work_off()
    sellers.approve(application_id=application_id, decided_by=make_user().pk, rate_bps=1000)
    work_off()
    (received,), (approved,) = mails("application_received"), mails("application_approved")
    assert received.recipient == approved.recipient == "noor@fern.example"
    assert "Paper<br>and &lt;ink&gt;." in received.html
    assert "Paper\nand <ink>." in received.text
    assert approved.subject == "Welcome: Fern & Fold is open"


def test_a_rejected_applicant_hears_why():
    application_id = apply()
    sellers.reject(
        application_id=application_id, decided_by=make_user().pk, reason="The site is down."
    )
    work_off()
    (message,) = mails("application_rejected")
    assert all("The site is down." in form for form in both(message))


def test_a_shop_registered_by_staff_gets_no_welcome():
    sellers.register(
        name="Luma", owner_id=make_user().pk, legal_name="Luma", email="x@luma.example",
        country="US", rate_bps=1,
    )  # fmt: skip
    work_off()
    assert Message.objects.count() == 0


def test_a_link_is_mailed_to_the_orders_own_address_and_not_too_often(shops):
    order = sell_both(shops)
    assert operations.send_order_link(order_token=order.token) is True
    assert operations.send_order_link(order_token=order.token) is False
    (message,) = mails("order_link")
    assert message.recipient == order.email
    assert all(f"/orders/track/{order.token}/" in form for form in both(message))


def test_nobody_is_mailed_about_an_order_that_is_not_there():
    assert operations.send_order_link(order_token="nonsense") is False
    assert Message.objects.count() == 0


def test_every_mail_is_complete(shops):
    """Whole addresses, no leftovers of the template, a subject, both forms, a language."""
    order = sell_both(shops)
    delivered(order.seller_orders[0])
    shipped(order.seller_orders[1])
    operations.send_order_link(order_token=order.token)
    sellers.reject(application_id=apply("A1"), decided_by=make_user().pk, reason="No.")
    sellers.approve(application_id=apply("B1"), decided_by=make_user().pk, rate_bps=1)
    work_off()
    kinds = set(Message.objects.values_list("kind", flat=True))
    assert kinds == {
        "order_confirmed", "new_order", "shipped", "delivered", "order_link",
        "application_received", "application_approved", "application_rejected",
    }  # fmt: skip
    for message in Message.objects.all():
        addresses = re.findall(r'(?:href|src)="([^"]*)"', message.html)
        assert all(address.startswith(("http://", "https://")) for address in addresses)
        assert "{{" not in message.html + message.text
        assert "{%" not in message.html + message.text
        assert "None" not in message.text
        assert '<html lang="en"' in message.html
        assert f"<title>{message.subject.replace('&', '&amp;')}</title>" in message.html
        assert len(message.html) < 100_000  # longer mails are cut off by large providers
        assert message.html.count("<h1") == 1
        assert all("alt=" in tag for tag in re.findall(r"<img[^>]*>", message.html))


# -- sending ---------------------------------------------------------------------------------


def owe(key="k:1"):
    operations.send(
        key=key, kind="order_link", recipient="ada@example.com", subject="Two\r\nlines",
        context={"number": "ORD-1", "link": "https://shop.test/x", "placed_at": None},
    )  # fmt: skip
    return queries.message_id(key=key)


def test_a_mail_is_owed_once_per_key():
    assert owe() == owe()
    assert Message.objects.count() == 1


def test_a_mail_leaves_once_in_both_forms():
    message_id = owe()
    assert operations.deliver(message_id=message_id) is True
    assert operations.deliver(message_id=message_id) is False
    (sent,) = outbox.outbox
    assert (sent.to, sent.subject) == (["ada@example.com"], "Two lines")
    assert [kind for _, kind in sent.alternatives] == ["text/html"]
    assert parseaddr(sent.extra_headers["Message-ID"])[1].endswith("@stoa.example")
    assert queries.due_messages(limit=10) == []


class Away(BaseEmailBackend):
    def send_messages(self, email_messages):
        raise ConnectionRefusedError("no mail server")


def test_while_the_mail_server_is_away_a_mail_waits(settings):
    message_id = owe()
    settings.EMAIL_BACKEND = f"{__name__}.Away"
    assert operations.deliver(message_id=message_id) is False
    assert operations.deliver(message_id=message_id) is False  # not due yet
    assert "no mail server" in Message.objects.get().last_error

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    Message.objects.update(due_at=Now())
    assert queries.due_messages(limit=10) == [message_id]
    assert operations.deliver(message_id=message_id) is True
    assert len(outbox.outbox) == 1


class Refusing(BaseEmailBackend):
    def send_messages(self, email_messages):
        raise SMTPRecipientsRefused({"ada@example.com": (550, b"no such mailbox")})


def test_while_the_mail_server_is_away_nobody_waits_for_it_and_no_try_is_used_up(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Away"
    waiting = [owe(key=f"k:{number}") for number in range(7)]
    try:
        for message_id in waiting:
            assert operations.deliver(message_id=message_id) is False
        assert [row.attempts for row in Message.objects.order_by("pk")] == [1] * 5 + [0] * 2
        assert queries.due_messages(limit=10) == waiting[5:]
    finally:
        operations.server.succeeded()


def test_mails_that_are_refused_one_by_one_hold_nobody_up(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    for number in range(7):
        operations.deliver(message_id=owe(key=f"k:{number}"))
    assert set(Message.objects.values_list("attempts", flat=True)) == {1}


def test_a_mail_that_fails_for_ever_waits_for_a_person(settings):
    message_id = owe()
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    for _ in range(12):
        operations.deliver(message_id=message_id)
        Message.objects.update(due_at=Now())
    assert Message.objects.get().attempts == operations.MAX_ATTEMPTS
    assert queries.due_messages(limit=10) == []
    assert [row.id for row in queries.stuck_messages()] == [message_id]


def test_the_worker_is_told_after_the_commit(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        owe()
    assert len(outbox.outbox) == 1


def test_a_gift_card_is_mailed_with_its_code_and_store_credit_without_one():
    _, code = make_gift_card(1500)
    credits.issue(
        kind="store_credit", amount=Money(700, "USD"), business_key="c", reason="An apology",
        paid_by="losses", user_id=make_user().pk, email="noor@fern.example",
    )  # fmt: skip
    work_off()
    card, credit = mails("credit_issued")
    assert card.subject == "$15.00 of gift card for you"
    assert all(code in form for form in both(card))
    assert credit.recipient == "noor@fern.example"
    assert all("An apology" in form and "gift card" not in form for form in both(credit))


def test_who_picks_up_hears_where_and_when_and_of_no_arrival():
    pick_up = {"address": SAN_FRANCISCO.as_dict(), "opening_hours": "Mon to Fri\n9 to 18"}
    method = {"name": "Pick-up", "carrier": "", "kind": "pickup", "pick_up": pick_up}
    part = sell(Sold(seller=make_seller(name="Luma"), method=method)).seller_orders[0]
    parcel_id = fulfillment.make_ready(seller_id=part.seller_id, seller_order_id=part.id)
    work_off()
    fulfillment.deliver(seller_id=part.seller_id, shipment_id=parcel_id)
    work_off()
    (confirmed,) = mails("order_confirmed")
    for form in both(confirmed):
        assert form.count(SAN_FRANCISCO.line1) == 2  # the store, and whose order it is
        assert "Mon to Fri" in form
    (message,) = mails("ready")
    assert "ready to be picked up" in message.subject
    for form in both(message):
        assert SAN_FRANCISCO.line1 in form
        assert "Mon to Fri" in form
    assert mails("shipped") == mails("delivered") == []


def test_what_was_promised_with_the_order_is_what_the_mail_says():
    method = {
        "name": "Standard", "carrier": "USPS", "min_days": 1, "max_days": 2,
        "promised_from": "2030-01-30", "promised_to": "2030-02-04",
    }  # fmt: skip
    part = sell(Sold(seller=make_seller(), method=method)).seller_orders[0]
    shipped(part)
    work_off()
    for kind in ("order_confirmed", "shipped"):
        (message,) = mails(kind)
        assert "xpected Wed, Jan 30 – Mon, Feb 4" in message.text


@pytest.mark.parametrize("kind", sorted(operations.KEYS))
def test_a_mail_that_opens_something_is_forgotten_once_it_is_sent(kind):
    rows = [
        Message.objects.create(
            key=f"{name}:{kind}", kind=name, recipient="ada@example.com", subject="A link",
            text="https://shop.example/key", html="<a href='https://shop.example/key'>Go</a>",
        )
        for name in (kind, "order_confirmed")
    ]  # fmt: skip

    for row in rows:
        operations.deliver(message_id=row.pk)

    assert [message.body for message in outbox.outbox] == ["https://shop.example/key"] * 2
    opening, other = Message.objects.order_by("pk")
    assert (opening.text, opening.html, opening.sent_at is None) == ("", "", False)
    assert other.text == "https://shop.example/key"


def test_a_mail_that_was_not_taken_is_kept_to_be_sent_again(monkeypatch):
    row = Message.objects.create(
        key="reset", kind="account_reset", recipient="ada@example.com", subject="A link",
        text="https://shop.example/key", html="",
    )  # fmt: skip
    monkeypatch.setattr(operations, "_as_mail", lambda message: 1 / 0)

    operations.deliver(message_id=row.pk)

    row.refresh_from_db()
    assert row.text == "https://shop.example/key"


def test_a_confirmation_says_what_credit_paid():
    ready = make_ready_cart()
    checkout.add_gift_card(cart_token=ready.token, code=make_gift_card(5000)[1])
    ready.place()
    work_off()
    (message,) = mails("order_confirmed")
    for form in both(message):
        assert "By gift card or store credit" in form
        assert "$21.20" in form
        assert "$0.00" in form


def owe_to_a_crowd(count):
    row = {"name": "Mug", "options": "", "sku": "M-1", "left": 1, "low_at": 2}
    for number in range(count):
        operations.send(
            key=f"crowd:{number}", kind="low_stock", recipient=f"c{number}@example.com",
            subject="1 SKU runs low",
            context={
                "greeting": "", "shop": "S", "count": 1, "rows": [row], "more": 0, "link": "/",
            },
        )  # fmt: skip


def test_a_crowds_mail_never_stands_before_an_orders(
    monkeypatch, django_capture_on_commit_callbacks
):
    asked = []
    monkeypatch.setattr(tasks.deliver, "delay", lambda **values: asked.append(values))
    with django_capture_on_commit_callbacks(execute=True):
        owe_to_a_crowd(3)
    assert asked == []  # nobody is told of it at once
    message_id = owe()
    tasks.send_due()
    assert asked == [{"message_id": message_id}]


def test_a_crowds_mail_is_sent_by_a_task_of_its_own_queue():
    owe_to_a_crowd(3)
    owe()
    tasks.send_bulk()
    assert sorted(mail.to[0] for mail in outbox.outbox) == [
        "c0@example.com", "c1@example.com", "c2@example.com",
    ]  # fmt: skip
    route = app.amqp.Router().route({}, tasks.send_bulk.name)
    assert route["queue"].name == "bulk"


def test_with_the_mail_server_away_a_crowd_loses_one_try(settings):
    owe_to_a_crowd(3)
    settings.EMAIL_BACKEND = f"{__name__}.Away"
    tasks.send_bulk()
    assert sorted(Message.objects.values_list("attempts", flat=True)) == [0, 0, 1]
