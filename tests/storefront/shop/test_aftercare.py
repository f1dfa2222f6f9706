"""What a shopper does about an order: cancel, send back, report, withdraw, send elsewhere."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from commerce.accounts.types import AddressData
from commerce.catalog.models import Variant
from commerce.fulfillment import operations as fulfillment
from commerce.inventory import operations as inventory
from commerce.orders import operations as order_operations
from commerce.orders import queries as orders
from commerce.orders.models import AddressChange
from commerce.orders.types import OrderData, SellerOrderData
from commerce.pricing import operations as pricing
from commerce.pricing.types import PriceInput
from commerce.returns import operations, queries
from commerce.returns.types import Wish
from devtools.carrier_double import CarrierDouble
from storefront import limits
from tests.commerce.returns.conftest import an_hour_ago, fresh, order, other, part, past
from tests.commerce.returns.test_returning import photo
from tests.factories.fulfillment import delivered, make_carrier, shipped

__all__ = ["order", "other", "part"]
pytestmark = pytest.mark.django_db


def at(name: str, order: OrderData, *more: object) -> str:
    return reverse(name, args=[order.token, *more])


def chosen(part: SellerOrderData, count: int = 1, **more: Any) -> dict[str, Any]:
    return {f"units_{part.lines[0].id}": count, "reason": "changed-mind", **more}


def text(response: Any) -> str:
    return response.content.decode()


def test_a_guest_cancels_one_line_by_the_link(
    client: Client, order: OrderData, part: SellerOrderData
) -> None:
    page = client.get(at("order-tracking", order))
    assert at("order-wish", order, "cancel") in text(page)

    done = client.post(at("order-wish", order, "cancel"), chosen(part, 3), follow=True)

    assert "Canceled and refunded" in text(done)
    assert "goes back to the way you paid" in text(done)
    assert fresh(part).lines[0].canceled_quantity == 3


def test_units_of_two_sellers_make_two_requests(
    client: Client, order: OrderData, part: SellerOrderData, other: SellerOrderData
) -> None:
    for each in order.seller_orders:
        delivered(each)
    data = {**chosen(part), **chosen(other), "remedy": "refund", "refund_to": "method"}

    done = client.post(at("order-wish", order, "return"), data, follow=True)

    assert text(done).count("Waiting for the seller") == 2


@pytest.mark.parametrize("count", ["", "0", "-1", "4", "x", "9" * 30, "1\x00"])
def test_nonsense_is_explained_and_kept(
    client: Client, order: OrderData, part: SellerOrderData, count: str
) -> None:
    answer = client.post(at("order-wish", order, "cancel"), chosen(part, count, note="Kept"))  # type: ignore[arg-type]

    assert answer.status_code == (400 if "\x00" in count else 422)
    if answer.status_code == 422:
        assert "Kept" in text(answer)
        assert "Please check these points" in text(answer)


@pytest.mark.parametrize("kind", ["cancel", "return", "claim"])
def test_without_a_choice_the_page_says_why(client: Client, order: OrderData, kind: str) -> None:
    for each in order.seller_orders:
        shipped(each)

    page = text(client.get(at("order-wish", order, kind)))

    assert "There is nothing here that can be chosen now." in page


def test_an_unknown_link_or_kind_is_not_found(client: Client, order: OrderData) -> None:
    assert client.get(reverse("order-wish", args=["nobody", "cancel"])).status_code == 404
    assert client.get(at("order-wish", order, "burn")).status_code == 404
    assert client.get(at("order-case", order, "ORD-1-R1")).status_code == 404


def test_a_return_with_a_picture_is_followed_and_its_slip_printed(
    client: Client, order: OrderData, part: SellerOrderData
) -> None:
    delivered(part)
    picture = SimpleUploadedFile("chip.png", photo(), "image/png")
    data = chosen(part, remedy="refund", refund_to="method", pictures=[picture])
    data["reason"] = "damaged"
    page = client.post(at("order-wish", order, "return"), data, follow=True)
    assert "Waiting for the seller" in text(page)
    [case] = queries.cases_of_order(order_id=order.id)
    shown = client.get(at("order-case-picture", order, case.number, case.picture_ids[0]))
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/jpeg")

    operations.answer_return(
        seller_id=part.seller_id, case_id=case.id, consent=True, return_to="Hall 4, Reno"
    )
    assert "Hall 4, Reno" in text(client.get(at("order-case", order, case.number)))
    assert case.number in text(client.get(at("order-case-slip", order, case.number)))
    sent = client.post(
        at("order-case-sent", order, case.number), {"tracking_number": "1Z"}, follow=True
    )
    assert "On its way back" in text(sent)


def test_who_has_a_label_says_whether_it_was_sent_with_it(
    client: Client, order: OrderData, part: SellerOrderData
) -> None:
    delivered(part)
    [case_id] = operations.request_return(
        order_token=order.token, wish=Wish(units={part.lines[0].id: 1}, reason="damaged")
    )
    operations.answer_return(seller_id=part.seller_id, case_id=case_id, consent=True)
    [case] = queries.cases_of_order(order_id=order.id)
    page = text(client.get(at("order-case", order, case.number)))
    assert "How did you send it?" not in page
    operations.give_label(
        seller_id=part.seller_id, case_id=case_id, data=photo(), tracking_number="RR 1"
    )
    assert "With this label" in text(client.get(at("order-case", order, case.number)))

    asked = client.post(at("order-case-sent", order, case.number), {"tracking_number": ""})
    assert asked.status_code == 422
    assert "Say whether you sent it with the label." in text(asked)
    client.post(at("order-case-sent", order, case.number), {"way": "label"})

    label = queries.label_of(case_id=case_id)
    assert label is not None
    assert label.is_used
    assert queries.cases(case_ids=[case_id])[case_id].tracking_number == "RR 1"


def test_a_file_that_is_no_picture_is_refused(
    client: Client, order: OrderData, part: SellerOrderData
) -> None:
    delivered(part)
    data = chosen(part, remedy="refund", refund_to="method")
    data["pictures"] = [SimpleUploadedFile("x.png", b"<svg/>", "image/png")]

    answer = client.post(at("order-wish", order, "return"), data)

    assert answer.status_code == 422
    assert "File 1 is not a JPEG" in text(answer)


def test_pictures_are_taken_only_so_often(
    client: Client, order: OrderData, part: SellerOrderData, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered(part)
    monkeypatch.setattr(limits, "PICTURES", replace(limits.PICTURES, each=1))
    answers = [
        client.post(
            at("order-wish", order, "return"),
            chosen(
                part, remedy="refund", refund_to="method", note="Kept",
                pictures=SimpleUploadedFile("a.png", photo()),
            ),
        )
        for _ in range(2)
    ]  # fmt: skip

    assert [answer.status_code for answer in answers] == [302, 422]
    assert "Please try again" in text(answers[1])
    assert "Kept" in text(answers[1])


def test_store_credit_needs_an_account(
    client: Client, order: OrderData, part: SellerOrderData
) -> None:
    delivered(part)

    answer = client.post(
        at("order-wish", order, "return"), chosen(part, remedy="refund", refund_to="store_credit")
    )

    assert answer.status_code == 422
    assert "account" in text(answer)


def test_a_wish_is_taken_back(client: Client, order: OrderData, part: SellerOrderData) -> None:
    an_hour_ago(order)
    operations.cancel(order_token=order.token, wish=Wish(units={part.lines[0].id: 1}))
    [case] = queries.cases_of_order(order_id=order.id)

    page = client.post(at("order-case-close", order, case.number), follow=True)
    again = client.post(at("order-case-close", order, case.number))

    assert "Taken back" in text(page)
    assert again.status_code == 422


def test_a_withdrawal_takes_two_steps_and_gives_a_dated_receipt(
    client: Client, order: OrderData, part: SellerOrderData
) -> None:
    delivered(part)
    data = {f"units_{part.lines[0].id}": 2, "name": "Ada", "email": "ada@example.com"}

    first = client.post(at("order-withdraw", order), data)
    assert "Confirm withdrawal" in text(first)
    assert not queries.cases_of_order(order_id=order.id)
    changed = client.post(at("order-withdraw", order), {**data, "change": "1"})
    assert "Step 1 of 2" in text(changed)
    done = client.post(at("order-withdraw", order), {**data, "confirm": "1"}, follow=True)

    assert "Your withdrawal is received" in text(done)
    assert "2 × Mug" in text(done)
    [case] = queries.cases_of_order(order_id=order.id)
    assert (case.basis, case.state) == ("withdrawal", "approved")


def ships_the_same_way(order: OrderData) -> None:
    """Let the methods that the order was placed with still be offered."""
    for each in order.seller_orders:
        method = fulfillment.set_shipping_method(
            seller_id=each.seller_id,
            name="Standard",
            carrier_code=make_carrier(),
            currency="USD",
            base_minor=900,
            days=(3, 5),
        )
        past(
            "UPDATE orders_sellerorder SET shipping_method = shipping_method ||"
            " jsonb_build_object('method_id', %s::int) WHERE id = %s",
            method,
            each.id,
        )


def test_an_order_goes_to_another_address_of_the_same_price(
    client: Client, order: OrderData
) -> None:
    ships_the_same_way(order)
    address = {**order.ship_to, "line1": "500 Howard Street"}

    done = client.post(at("order-readdress", order), address, follow=True)

    assert "500 Howard Street" in text(done)
    change = AddressChange.objects.get()
    assert (change.before["line1"], change.after["line1"]) == (
        order.ship_to["line1"],
        "500 Howard Street",
    )


@pytest.mark.parametrize(
    ("limit", "value", "words"),
    [("MAX_PICTURE_BYTES", 10, "Picture 1 is larger than 8 MB"), ("MOST_PICTURES", 0, "at most 0")],
)
def test_pictures_are_measured_before_they_are_read(
    client: Client,
    order: OrderData,
    part: SellerOrderData,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    value: int,
    words: str,
) -> None:
    delivered(part)
    monkeypatch.setattr(f"storefront.shop.aftercare_forms.{limit}", value)
    wish = {**chosen(part), "remedy": "refund", "refund_to": "method"}
    wish["pictures"] = SimpleUploadedFile("mug.png", photo(), "image/png")

    answer = client.post(at("order-wish", order, "return"), wish)

    assert (answer.status_code, words in text(answer)) == (422, True)


def test_carriers_are_asked_about_the_new_address_and_the_shopper_chooses(
    client: Client, order: OrderData, carriers: CarrierDouble, settings: Any
) -> None:
    ships_the_same_way(order)
    settings.ADDRESS_VERIFICATION = True
    cache.clear()
    where = at("order-readdress", order)
    typed = {**order.ship_to, "line1": "12 Mispeled Street"}

    assert "no such address" in text(client.post(where, {**typed, "line1": "1 Nowhere"}))
    page = client.post(where, typed)
    assert (page.status_code, "12 Misspelled Street" in text(page)) == (422, True)
    assert not AddressChange.objects.exists()
    bundle = page.context["doubt"].offered
    client.post(where, {**typed, "words": "known", "offered": bundle})

    after = AddressChange.objects.get().after
    assert (after["line1"], after["verification"]) == ("12 Misspelled Street", "deliverable")


def test_new_addresses_of_an_order_are_tried_only_so_often(
    client: Client, order: OrderData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ADDRESSES", replace(limits.ADDRESSES, each=1))
    wrong = {**order.ship_to, "line1": ""}
    answers = [text(client.post(at("order-readdress", order), wrong)) for _ in range(2)]
    assert ["Please try again" in answer for answer in answers] == [False, True]


def test_another_country_changes_the_tax_and_is_refused(client: Client, order: OrderData) -> None:
    address = {
        "name": "Ada", "line1": "1 Rue X", "city": "Paris", "postal_code": "75001", "country": "FR",
    }  # fmt: skip

    answer = client.post(at("order-readdress", order), address)

    assert answer.status_code == 422
    assert "Other taxes are due there" in text(answer)


def test_what_is_picked_up_is_taxed_at_the_store_wherever_its_shopper_moves(
    client: Client, order: OrderData
) -> None:
    for each in order.seller_orders:
        past(
            "UPDATE orders_sellerorder SET shipping_method = shipping_method ||"
            ' \'{"kind": "pickup", "pick_up": {"address": {"country": "US"}}}\' WHERE id = %s',
            each.id,
        )
    address = {
        "name": "Ada", "line1": "1 Rue X", "city": "Paris", "postal_code": "75001", "country": "FR",
    }  # fmt: skip

    client.post(at("order-readdress", order), address)

    assert AddressChange.objects.get().after["country"] == "FR"


def test_what_has_left_keeps_its_address(
    client: Client, order: OrderData, part: SellerOrderData
) -> None:
    shipped(part)

    page = text(client.get(at("order-readdress", order)))

    assert "A parcel has left already" in page
    with pytest.raises(operations.NotPossible):
        operations.change_address(order_token=order.token, address=_address(order))


def _address(order: OrderData) -> Any:
    return AddressData.from_dict({**order.ship_to, "line1": "1 Other Street"})


def test_the_database_keeps_the_address_of_what_has_left(
    order: OrderData, part: SellerOrderData
) -> None:
    shipped(part)
    with pytest.raises(DatabaseError, match="has left already"), transaction.atomic():
        order_operations.readdress(order_id=order.id, ship_to={})


def test_what_comes_back_is_shown_before_it_is_canceled(
    client: Client, order: OrderData, part: SellerOrderData, other: SellerOrderData
) -> None:
    data = {**chosen(part, 1), f"units_{other.lines[0].id}": 2, "preview": "1"}

    page = client.post(at("order-wish", order, "cancel"), data)

    # One mug with its tax, and the whole other part with its shipping.
    assert f"${(2719 + other.total.minor) / 100:.2f} would come back" in text(page)
    assert not queries.cases_of_order(order_id=order.id)


def test_the_preview_is_what_is_refunded(order: OrderData, part: SellerOrderData) -> None:
    units = {line.id: line.quantity for line in part.lines}
    shown = orders.refund_preview(seller_order_id=part.id, units=units)

    [case_id] = operations.cancel(order_token=order.token, wish=Wish(units=units))

    assert queries.cases(case_ids=[case_id])[case_id].refund == shown == part.total


def test_the_order_tells_what_happened_by_whom_and_why(
    client: Client, order: OrderData, part: SellerOrderData
) -> None:
    client.post(at("order-wish", order, "cancel"), chosen(part, note="Wrong color"))

    page = text(client.get(at("order-tracking", order)))

    assert "Cancellation: asked" in page
    assert "By you. I changed my mind. Wrong color" in page
    assert "$27.19 given back" in page
    found = orders.order(token=order.token)
    assert found is not None
    told = [(entry.what, entry.actor) for entry in queries.timeline(order=found)]
    assert ("cancel refunded", "shopper") in told
    assert ("confirmed", "system") in told


def test_another_variant_of_the_same_price_is_chosen_in_exchange(
    client: Client, order: OrderData, part: SellerOrderData
) -> None:
    delivered(part)
    line = part.lines[0]
    mine = Variant.objects.get(pk=line.variant_id)
    blue, dear = (
        Variant.objects.create(
            product=mine.product, sku=f"{mine.sku}-{n}", option_values=[n], weight_grams=400
        )
        for n in ("Blue", "Gold")
    )
    prices = {mine.pk: 2500, blue.pk: 2500, dear.pk: 9900}
    place = inventory.ensure_location(seller_id=part.seller_id, name="Main", country="US")
    for variant_id, minor in prices.items():
        inventory.set_on_hand(variant_id=variant_id, location_id=place, on_hand=5, cause="test")
        price = PriceInput(variant_id=variant_id, currency="USD", amount_minor=minor)
        pricing.set_prices(prices=[price])
    page = text(client.get(at("order-wish", order, "return")))
    assert "Blue" in page
    assert "Gold" not in page

    data = chosen(part, remedy="exchange", refund_to="method")
    client.post(at("order-wish", order, "return"), data | {f"instead_{line.id}": blue.pk})

    [case] = queries.cases_of_order(order_id=order.id)
    assert (case.remedy, case.lines[0].replacement) == ("exchange", "Blue")
    refused = client.post(at("order-wish", order, "return"), data | {f"instead_{line.id}": dear.pk})
    assert refused.status_code == 422


def test_the_order_shows_what_came_back_beside_what_was_paid(
    client: Client, order: OrderData, part: SellerOrderData
) -> None:
    before = text(client.get(at("order-tracking", order)))
    client.post(at("order-wish", order, "cancel"), chosen(part))

    after = text(client.get(at("order-tracking", order)))

    assert "<dt>Refunded</dt>" not in before
    assert "<dt>Refunded</dt><dd>−$27.19</dd>" in after


def test_a_guest_is_not_offered_store_credit(
    client: Client, order: OrderData, part: SellerOrderData
) -> None:
    delivered(part)

    page = text(client.get(at("order-wish", order, "return")))

    assert "Store credit" not in page
    assert "A gift card by email" in page


def test_a_return_asks_why_and_how_many_at_most(
    client: Client, order: OrderData, part: SellerOrderData
) -> None:
    delivered(part)

    answer = client.post(at("order-wish", order, "return"), chosen(part, 99, reason=""))

    assert answer.status_code == 422
    assert "Choose why." in text(answer)
    assert f"Choose {part.lines[0].quantity} at most." in text(answer)
