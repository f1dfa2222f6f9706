"""Notices: often, at once, early, late, forged. One effect, or none."""

from uuid import uuid4

import pytest
from django.db import transaction

from commerce.checkout import operations as checkout
from commerce.gateways import stripe_calls
from commerce.ledger import operations as ledger
from commerce.ledger.models import Journal
from commerce.orders import queries as orders
from commerce.outbox.models import Event
from commerce.payments import operations as payments
from commerce.payments.models import Payment, ProviderEvent
from devtools.stripe_double import StripeDouble
from devtools.stripe_double.core.webhooks import signature
from tests.factories.orders import make_ready_cart
from tests.support.provider import DECLINED, charges, deliver, notices
from tests.support.race import meeting, race, race_all

pytestmark = pytest.mark.django_db(transaction=True)
COMPLETED = "checkout.session.completed"


def place_and_pay(double: StripeDouble) -> str:
    placed = make_ready_cart().place()
    double.pay(str(placed.payment_url))
    return placed.order_token


def state(token: str) -> str:
    order = orders.ref(token=token)
    assert order is not None
    return order.state


def confirmations() -> int:
    return Event.objects.filter(name="orders.order-confirmed.v1").count()


def test_control_a_notice_that_is_looked_up_before_it_is_booked_is_booked_often() -> None:
    """What finalising would be without the order's lock and the business key."""

    all_have_looked = meeting(5)

    def carelessly() -> None:
        with transaction.atomic():
            if Journal.objects.filter(kind="capture").exists():
                return
            all_have_looked()
            ledger.post(
                business_key=f"capture:{uuid4()}",
                kind="capture",
                entries={"stripe": 100, "tax": -100},
                currency="USD",
            )

    race(carelessly, times=5)

    assert Journal.objects.count() > 1


def test_the_same_notice_five_times_in_parallel_has_one_effect(double: StripeDouble) -> None:
    token = place_and_pay(double)
    [text] = notices(double, COMPLETED)

    answers = race(lambda: deliver(text).status_code, times=5)

    assert answers == [200] * 5
    assert state(token) == "confirmed"
    assert Journal.objects.count() == 1
    assert confirmations() == 1
    assert ProviderEvent.objects.get().outcome == "confirmed"


def test_web_notice_and_sweeper_at_once_have_one_effect(double: StripeDouble) -> None:
    token = place_and_pay(double)
    Payment.objects.update(check_at="2026-01-01T00:00Z")
    texts = notices(double)

    race_all(
        [
            *[lambda text=text: deliver(text) for text in texts],
            *[lambda: checkout.finalise(order_token=token)] * 3,
            checkout.sweep,
            checkout.sweep,
        ]
    )

    assert state(token) == "confirmed"
    assert Journal.objects.count() == 1
    assert confirmations() == 1


def test_the_notice_may_come_before_the_browser(double: StripeDouble) -> None:
    token = place_and_pay(double)
    [text] = notices(double, COMPLETED)

    deliver(text)

    assert state(token) == "confirmed"
    assert checkout.finalise(order_token=token) == "confirmed"
    assert Journal.objects.count() == 1


def test_notices_in_any_order_end_the_same(double: StripeDouble) -> None:
    placed = make_ready_cart().place()
    double.pay(str(placed.payment_url), card=DECLINED)
    double.pay(str(placed.payment_url))

    for text in reversed(notices(double)):
        assert deliver(text).status_code == 200

    assert state(placed.order_token) == "confirmed"
    assert len(charges(double)) == 1
    assert Journal.objects.count() == 1


def test_a_decline_is_remembered_and_a_second_card_succeeds(double: StripeDouble) -> None:
    placed = make_ready_cart().place()
    double.pay(str(placed.payment_url), card=DECLINED)
    for text in notices(double):
        deliver(text)
    assert Payment.objects.get().failure_code == "generic_decline"
    assert state(placed.order_token) == "pending"

    double.pay(str(placed.payment_url))
    for text in notices(double):
        deliver(text)

    assert state(placed.order_token) == "confirmed"
    assert Payment.objects.get().failure_code == ""


def test_a_notice_that_fails_is_worked_off_later(double: StripeDouble) -> None:
    token = place_and_pay(double)
    [text] = notices(double, COMPLETED)
    double.outage("refuse")

    assert deliver(text).status_code == 200
    assert state(token) == "pending"
    stored = ProviderEvent.objects.get()
    assert (stored.handled_at, stored.attempts) == (None, 1)

    double.outage(None)
    stripe_calls.breaker.succeeded()
    ProviderEvent.objects.update(due_at="2026-01-01T00:00Z")
    assert payments.work_off_events() == 1
    assert state(token) == "confirmed"


@pytest.mark.parametrize(
    ("sign", "status"),
    [
        ({"secret": "whsec_wrong"}, 400),
        ({"signed": "t=1,v1=00"}, 400),
        ({"signed": "nonsense"}, 400),
        ({"signed": " "}, 400),
    ],
)
def test_a_notice_that_we_cannot_trust_is_refused(
    double: StripeDouble, sign: dict[str, str], status: int
) -> None:
    token = place_and_pay(double)
    [text] = notices(double, COMPLETED)

    assert deliver(text, **sign).status_code == status

    assert state(token) == "pending"
    assert not ProviderEvent.objects.exists()


def test_a_notice_with_other_words_is_refused(double: StripeDouble) -> None:
    token = place_and_pay(double)
    [text] = notices(double, COMPLETED)
    signed = signature(text, ["whsec_stoa"])

    assert deliver(text.replace('"unpaid"', '"paid"') + " ", signed=signed).status_code == 400
    assert state(token) == "pending"


def test_during_a_rotation_both_secrets_are_good(double: StripeDouble, settings: object) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", "whsec_stoa"]  # type: ignore[attr-defined]
    place_and_pay(double)
    first, second = notices(double)[:2]

    assert deliver(first, secret="whsec_stoa").status_code == 200
    assert deliver(second, secret="whsec_new").status_code == 200


def test_a_genuine_notice_of_a_smaller_payment_pays_for_nothing(double: StripeDouble) -> None:
    token = place_and_pay(double)
    [charge] = charges(double)
    double.change_object(charge["payment_intent"], amount_received=1)
    [text] = notices(double, COMPLETED)

    deliver(text)

    assert state(token) == "pending"
    assert Payment.objects.get().state == "review"
    assert not Journal.objects.exists()


def test_a_notice_of_the_other_mode_is_ignored(double: StripeDouble) -> None:
    token = place_and_pay(double)
    [text] = notices(double, COMPLETED)

    deliver(text.replace('"livemode":false', '"livemode":true'))

    assert state(token) == "pending"
    assert ProviderEvent.objects.get().outcome == "ignored: of the other mode"


def test_an_unknown_notice_is_kept_and_ignored(double: StripeDouble) -> None:
    place_and_pay(double)
    [text] = notices(double, COMPLETED)

    deliver(text.replace(COMPLETED, "invoice.sent"))

    assert ProviderEvent.objects.get().outcome == "ignored: nobody listens"
