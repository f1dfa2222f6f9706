"""Returns: asked, approved, sent, received, looked at, and only then refunded or exchanged."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from commerce.credits.models import Credit
from commerce.kernel.actor import acting_as
from commerce.kernel.money import Money
from commerce.orders import operations as order_operations
from commerce.orders.types import OrderData, SellerOrderData
from commerce.payments.models import Refund
from commerce.pricing import operations as pricing
from commerce.pricing.types import PriceInput
from commerce.returns import operations, queries
from commerce.returns.models import Case, CasePicture, Policy
from commerce.returns.types import Finding, Wish
from tests.commerce.returns.conftest import broken, fresh, on_shelf, past
from tests.factories.accounts import make_user
from tests.factories.fulfillment import delivered
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _arrived(order: OrderData) -> None:
    for part in order.seller_orders:
        delivered(part)


def photo(kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind)
    return out.getvalue()


def ask(order: OrderData, units: dict[int, int], **wish: Any) -> list[int]:
    return operations.request_return(order_token=order.token, wish=Wish(units=units, **wish))


def case(case_id: int):
    return queries.cases(case_ids=[case_id])[case_id]


def answer(part: SellerOrderData, case_id: int, *, consent: bool = True, note: str = "") -> str:
    return operations.answer_return(
        seller_id=part.seller_id, case_id=case_id, consent=consent, note=note
    )


def look(
    part: SellerOrderData,
    case_id: int,
    *,
    accepted: int | None = None,
    put_back: int = 0,
    condition: str = "new",
    **decision: Any,
) -> str:
    found = {
        line.order_line_id: Finding(
            condition=condition,
            accepted=line.quantity if accepted is None else accepted,
            put_back=put_back,
        )
        for line in case(case_id).lines
    }
    return operations.inspect(seller_id=part.seller_id, case_id=case_id, findings=found, **decision)


@pytest.fixture
def back(order: OrderData, part: SellerOrderData) -> Callable[..., int]:
    """Bring units of the first line back to the seller's desk."""

    def bring(count: int = 1, **wish: Any) -> int:
        [case_id] = ask(order, {part.lines[0].id: count}, **wish)
        answer(part, case_id)
        operations.mark_sent(order_token=order.token, case_id=case_id, tracking_number="1Z 999")
        operations.receive(seller_id=part.seller_id, case_id=case_id)
        return case_id

    return bring


def test_two_sellers_decide_apart_and_one_refuses(
    order: OrderData, part: SellerOrderData, other: SellerOrderData
) -> None:
    mug, theirs = part.lines[0], other.lines[0]
    first, second = ask(order, {mug.id: 2, theirs.id: 1}, reason="defective", note="Cracks")

    assert answer(part, first) == "approved"
    assert answer(other, second, consent=False, note="Used for a month.") == "refused"
    operations.receive(seller_id=part.seller_id, case_id=first)
    assert look(part, first, put_back=1) == "refunded"

    assert case(first).refund == Money(2 * 2500 + 438, "USD")
    assert case(second).refund is None
    assert fresh(part).lines[0].returned_quantity == 2
    assert fresh(other).lines[0].returned_quantity == 0
    assert on_shelf(mug.variant_id) == 6
    assert Refund.objects.count() == 1
    assert broken() == []


def test_nothing_is_refunded_before_it_was_looked_at(back: Callable[..., int]) -> None:
    case_id = back()

    assert case(case_id).state == "received"
    assert not Refund.objects.exists()


def test_a_part_of_which_all_came_back_is_returned_with_its_shipping_when_at_fault(
    order: OrderData, part: SellerOrderData
) -> None:
    units = {line.id: line.quantity for line in part.lines}
    [case_id] = ask(order, units, reason="wrong-item")
    answer(part, case_id)
    operations.receive(seller_id=part.seller_id, case_id=case_id)

    look(part, case_id)

    assert fresh(part).state == "returned"
    assert case(case_id).refund == part.total
    assert broken() == []


def test_who_changed_their_mind_bears_the_first_shipping(
    order: OrderData, part: SellerOrderData
) -> None:
    units = {line.id: line.quantity for line in part.lines}
    [case_id] = ask(order, units, reason="changed-mind")
    answer(part, case_id)
    operations.receive(seller_id=part.seller_id, case_id=case_id)

    look(part, case_id)

    assert case(case_id).refund == part.total - part.shipping - part.shipping_tax


def test_wear_is_withheld_with_a_reason(part: SellerOrderData, back: Callable[..., int]) -> None:
    case_id = back()

    with pytest.raises(operations.NotPossible, match="Say why"):
        look(part, case_id, withheld_minor=500)
    state = look(part, case_id, condition="damaged", withheld_minor=500, note="A chip.")

    assert state == "partly"
    assert case(case_id).refund == Money(2500 + 219 - 500, "USD")
    assert broken() == []


def test_more_than_the_seller_would_lose_is_not_withheld(
    part: SellerOrderData, back: Callable[..., int]
) -> None:
    case_id = back()

    with pytest.raises(operations.GivesTooMuch):
        look(part, case_id, withheld_minor=2251, note="Worn")

    assert case(case_id).state == "received"


def test_what_is_missing_is_not_refunded(part: SellerOrderData, back: Callable[..., int]) -> None:
    case_id = back(2)

    assert look(part, case_id, accepted=1, note="One was missing.") == "partly"

    assert fresh(part).lines[0].returned_quantity == 1
    assert case(case_id).refund == Money(2500 + 219, "USD")


def test_a_declined_return_can_be_refunded_by_staff(
    part: SellerOrderData, back: Callable[..., int]
) -> None:
    case_id = back()
    assert look(part, case_id, decline=True, note="Not ours.") == "declined"
    assert not Refund.objects.exists()

    with acting_as("user:1"):
        assert operations.override_return(case_id=case_id, note="It is theirs.") == "refunded"

    assert case(case_id).events[-1].actor == "user:1"
    assert broken() == []


def test_staff_approves_what_was_refused(order: OrderData, part: SellerOrderData) -> None:
    [case_id] = ask(order, {part.lines[0].id: 1})
    answer(part, case_id, consent=False, note="No.")

    assert operations.override_return(case_id=case_id, note="Within 30 days") == "approved"


def test_staff_cannot_approve_what_another_case_is_about(
    order: OrderData, part: SellerOrderData
) -> None:
    units = {part.lines[0].id: 3}
    [refused] = ask(order, units)
    answer(part, refused, consent=False, note="It was worn.")
    ask(order, units)

    with acting_as("user:1"), pytest.raises(operations.NotPossible, match="another case"):
        operations.override_return(case_id=refused, note="Pictures prove it")


def test_no_answer_is_an_approval_after_the_deadline(
    order: OrderData, part: SellerOrderData
) -> None:
    [case_id] = ask(order, {part.lines[0].id: 1})
    past("UPDATE returns_case SET due_at = now() - interval '1 second'")

    assert operations.decide_due() == 1

    assert case(case_id).state == "approved"


def test_it_is_exchanged_for_the_same_again(
    part: SellerOrderData, back: Callable[..., int]
) -> None:
    variant = part.lines[0].variant_id
    pricing.set_prices(prices=[PriceInput(variant_id=variant, currency="USD", amount_minor=2500)])
    case_id = back(2, remedy="exchange", reason="defective")
    assert on_shelf(variant) == 3

    assert look(part, case_id) == "exchanged"
    operations.send_replacement(seller_id=part.seller_id, case_id=case_id, tracking_number="1Z 111")

    assert case(case_id).replacement_tracking == "1Z 111"
    assert not case(case_id).is_open
    assert fresh(part).lines[0].returned_quantity == 0
    assert not Refund.objects.exists()
    with pytest.raises(operations.NotPossible):
        operations.send_replacement(
            seller_id=part.seller_id, case_id=case_id, tracking_number="again"
        )


def test_a_wish_taken_back_frees_what_was_kept_for_it(
    order: OrderData, part: SellerOrderData
) -> None:
    variant = part.lines[0].variant_id
    [case_id] = ask(order, {part.lines[0].id: 2}, remedy="exchange")
    answer(part, case_id)
    assert on_shelf(variant) == 3

    operations.close(order_token=order.token, case_id=case_id)

    assert on_shelf(variant) == 5


def test_without_stock_there_is_no_exchange(order: OrderData, part: SellerOrderData) -> None:
    [case_id] = ask(order, {part.lines[0].id: 3}, remedy="exchange")
    past("UPDATE inventory_stock SET on_hand = 2 WHERE variant_id = %s", part.lines[0].variant_id)

    with pytest.raises(operations.NothingToSwap):
        answer(part, case_id)
    past("UPDATE returns_case SET due_at = now() - interval '1 second'")
    operations.decide_due()

    assert (case(case_id).state, case(case_id).remedy) == ("approved", "refund")


def test_a_dearer_thing_is_no_exchange(
    order: OrderData, part: SellerOrderData, other: SellerOrderData
) -> None:
    wanted = {part.lines[0].id: other.lines[0].variant_id}

    with pytest.raises(operations.NotPossible, match="same price"):
        ask(order, {part.lines[0].id: 1}, remedy="exchange", replacements=wanted)


def test_what_has_not_come_cannot_be_sent_back(order: OrderData, part: SellerOrderData) -> None:
    past("UPDATE orders_sellerorder SET delivered_at = NULL WHERE id = %s", part.id)

    with pytest.raises(operations.NotThatMany, match="once it has been delivered"):
        ask(order, {part.lines[0].id: 1})


def days_since(part: SellerOrderData, days: int) -> None:
    past(
        "UPDATE orders_sellerorder SET delivered_at = now() - make_interval(days => %s)"
        " WHERE id = %s",
        days,
        part.id,
    )


def test_thirty_days_are_the_rule(order: OrderData, part: SellerOrderData) -> None:
    days_since(part, 29)
    assert ask(order, {part.lines[0].id: 1})

    days_since(part, 31)
    with pytest.raises(operations.NotThatMany, match="could be sent back until"):
        ask(order, {part.lines[0].id: 1})


@pytest.mark.parametrize(
    ("rules", "days", "allowed"),
    [
        ([{"days": 60, "starts_on": "2026-01-01", "ends_on": "2030-01-01"}], 59, True),
        ([{"days": 60, "starts_on": "2020-01-01", "ends_on": "2020-02-01"}], 31, False),
        ([{"days": 14}], 15, False),
        ([{"days": 14}, {"days": 45, "own": True}], 44, True),
        ([{"days": 45, "is_active": False}], 31, False),
        ([{"days": 90, "exempt_because": "made to measure"}], 1, False),
    ],
)
def test_the_most_specific_rule_decides(
    order: OrderData,
    part: SellerOrderData,
    rules: list[dict[str, Any]],
    days: int,
    allowed: bool,
) -> None:
    for rule in rules:
        own = rule.pop("own", False)
        Policy.objects.create(name="x", seller_id=part.seller_id if own else None, **rule)
    days_since(part, days)

    if allowed:
        assert ask(order, {part.lines[0].id: 1})
    else:
        with pytest.raises(operations.NotThatMany):
            ask(order, {part.lines[0].id: 1})


def test_units_are_in_one_living_case(order: OrderData, part: SellerOrderData) -> None:
    ask(order, {part.lines[0].id: 2})

    with pytest.raises(operations.NotThatMany) as refused:
        ask(order, {part.lines[0].id: 2})

    assert refused.value.most == 1


def test_pictures_are_kept_privately_as_jpegs(order: OrderData, part: SellerOrderData) -> None:
    [case_id] = ask(order, {part.lines[0].id: 1}, pictures=[photo(), photo("WEBP")])

    found = case(case_id).picture_ids
    assert len(found) == 2
    data = queries.picture(picture_id=found[0], case_id=case_id)
    assert data is not None
    assert data[:3] == b"\xff\xd8\xff"
    assert queries.picture(picture_id=found[0], case_id=case_id + 1) is None
    assert CasePicture.objects.get(pk=found[0]).file.name.startswith("returns/")


def test_pictures_of_what_is_refused_are_not_kept(order: OrderData, part: SellerOrderData) -> None:
    storage = CasePicture._meta.get_field("file").storage  # type: ignore[union-attr]
    before = set(storage.listdir("returns")[1]) if storage.exists("returns") else set()

    with pytest.raises(operations.NotPossible):
        ask(order, {part.lines[0].id: 99}, pictures=[photo(), photo()])

    after = set(storage.listdir("returns")[1]) if storage.exists("returns") else set()
    assert after == before


def test_a_huge_picture_is_kept_small_and_upright(order: OrderData, part: SellerOrderData) -> None:
    data = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side
    Image.new("RGB", (4000, 2000), "red").save(data, "JPEG", exif=exif)

    [case_id] = ask(order, {part.lines[0].id: 1}, pictures=[data.getvalue()])

    kept = queries.picture(picture_id=case(case_id).picture_ids[0], case_id=case_id)
    with Image.open(io.BytesIO(kept or b"")) as picture:
        assert picture.size == (1000, 2000)


@pytest.mark.parametrize(
    "pictures", [[b""], [b"<svg/>"], [b"\x00" * 100], [photo("GIF")], [photo()] * 6]
)
def test_what_is_no_picture_is_refused(
    order: OrderData, part: SellerOrderData, pictures: list[bytes]
) -> None:
    with pytest.raises(operations.InvalidPicture):
        ask(order, {part.lines[0].id: 1}, pictures=pictures)

    assert not Case.objects.exists()


def test_who_sends_most_back_is_pointed_out_and_not_refused(
    order: OrderData, part: SellerOrderData
) -> None:
    before = sell(Sold(seller=make_seller(), quantity=20)).seller_orders[0]
    delivered(before)
    order_operations.record_returned(seller_order_id=before.id, units={before.lines[0].id: 16})

    [case_id] = ask(order, {part.lines[0].id: 1})

    assert case(case_id).is_suspect
    assert case(case_id).returned_before_bps == 5714


def test_another_seller_sees_and_does_nothing(
    order: OrderData, part: SellerOrderData, other: SellerOrderData
) -> None:
    [case_id] = ask(order, {part.lines[0].id: 1})

    with pytest.raises(operations.NotFound):
        answer(other, case_id)
    with pytest.raises(operations.NotFound):
        operations.receive(seller_id=other.seller_id, case_id=case_id)
    assert queries.case_of_seller(seller_id=other.seller_id, number=case(case_id).number) is None


def with_account(order: OrderData) -> int:
    user = make_user(email="ada@example.com")
    past("UPDATE orders_order SET user_id = %s WHERE id = %s", user.pk, order.id)
    return user.pk


@pytest.mark.parametrize("way", ["store_credit", "gift_card"])
def test_the_money_comes_back_as_the_shopper_chose(
    order: OrderData, part: SellerOrderData, way: str
) -> None:
    with_account(order)
    [case_id] = ask(order, {part.lines[0].id: 1}, refund_to=way)
    answer(part, case_id)
    operations.receive(seller_id=part.seller_id, case_id=case_id)

    look(part, case_id)

    credit = Credit.objects.get()
    assert (credit.kind, credit.source) == (way, "refund")
    assert credit.expires_at is not None
    assert credit.balance_minor == 2719
    assert not Refund.objects.exists()
    assert broken() == []


def test_many_cases_take_a_fixed_number_of_statements(
    order: OrderData, part: SellerOrderData
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            queries.cases_of_order(order_id=order.id)
        return len(captured)

    ask(order, {part.lines[0].id: 1})
    one = statements()
    ask(order, {part.lines[0].id: 1, part.lines[1].id: 2})

    assert statements() == one
