"""Carts with SKUs that are sold ahead or held from the first click on."""

from datetime import timedelta

import pytest

from commerce.cart import operations, queries
from commerce.cart.operations import NotForSale, QuantityLimited
from commerce.cart.types import CartLine
from commerce.inventory import operations as inventory
from commerce.inventory import queries as stock
from commerce.inventory.types import PolicyData
from commerce.kernel import clock
from tests.factories.accounts import make_user
from tests.factories.cart import make_cart, make_sellable
from tests.factories.inventory import lapse
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db


def day():
    return clock.now().date() + timedelta(days=10)


def ahead(variant_id: int, limit: int = 3, kind: str = "backorder") -> None:
    inventory.set_policy(
        variant_id=variant_id,
        policy=PolicyData(kind=kind, backorder_limit=limit, expected_on=day()),
    )


def scarce(variant_id: int, cap: int | None = None) -> None:
    inventory.set_policy(
        variant_id=variant_id, policy=PolicyData(cart_hold_minutes=10, shopper_cap=cap)
    )


def line(token: str) -> CartLine:
    return queries.contents(token=token).lines[0]


def free(variant_id: int) -> int:
    return stock.available(variant_ids=[variant_id])[variant_id].in_stock


def test_what_comes_later_can_be_put_in_and_says_when() -> None:
    mug = make_sellable(on_hand=1)
    ahead(mug)
    token = make_cart({mug: 3})

    shown = line(token)

    assert (shown.problem, shown.promised_by) == (None, day())
    when = f"{day().day} {day():%B %Y}"
    assert shown.offer.arrival_text(3) == f"1 in stock, the others expected by {when}"
    assert shown.offer.arrival_text(1) == ""


def test_a_preorder_says_from_when() -> None:
    mug = make_sellable(on_hand=0)
    ahead(mug, kind="preorder")

    text = line(make_cart({mug: 1})).offer.arrival_text(1)

    assert text.startswith("Preorder: available from ")


def test_no_more_is_put_in_than_may_be_sold_ahead() -> None:
    mug = make_sellable(on_hand=1)
    ahead(mug, limit=3)

    with pytest.raises(QuantityLimited) as limited:
        make_cart({mug: 9})

    assert limited.value.applied == 4


def test_a_cart_holds_what_its_seller_wants_held() -> None:
    mug = make_sellable(on_hand=3)
    scarce(mug)
    token = make_cart({mug: 2})

    other = make_cart()
    with pytest.raises(QuantityLimited) as limited:
        operations.add(token=other, variant_id=mug, quantity=2)

    assert limited.value.applied == 1
    shown = line(token)
    assert (shown.problem, shown.held_until is not None) == (None, True)
    assert shown.offer.available == 2
    assert free(mug) == 0


def test_the_last_one_in_somebody_elses_cart_is_sold_out() -> None:
    mug = make_sellable(on_hand=1)
    scarce(mug)
    make_cart({mug: 1})

    with pytest.raises(NotForSale):
        make_cart({mug: 1})


def test_changing_the_quantity_changes_the_hold_and_not_its_end() -> None:
    mug = make_sellable(on_hand=5)
    scarce(mug)
    token = make_cart({mug: 1})
    until = line(token).held_until

    operations.set_quantity(token=token, line_id=line(token).id, quantity=4)

    assert (free(mug), line(token).held_until) == (1, until)


def test_taking_it_out_gives_it_back() -> None:
    mug = make_sellable(on_hand=1)
    scarce(mug)
    token = make_cart({mug: 1})

    operations.remove(token=token, line_id=line(token).id)

    assert free(mug) == 1


def test_one_shopper_with_two_carts_holds_one_share() -> None:
    mug = make_sellable(on_hand=9)
    scarce(mug, cap=2)
    first, second = make_cart(), make_cart()
    operations.add(token=first, variant_id=mug, quantity=1, principal="net:1")

    with pytest.raises(QuantityLimited, match="only a share") as limited:
        operations.add(token=second, variant_id=mug, quantity=2, principal="net:1")
    with pytest.raises(NotForSale, match="only a share"):
        operations.add(token=make_cart(), variant_id=mug, quantity=1, principal="net:1")

    assert limited.value.applied == 1


def test_when_the_time_is_up_the_line_stays_and_the_goods_go() -> None:
    mug = make_sellable(on_hand=1)
    scarce(mug)
    token = make_cart({mug: 1})
    cart_id = queries.cart_id_of(token=token)
    lapse(inventory.cart_holder(cart_id, mug))
    inventory.release_lapsed()

    operations.set_quantity(token=token, line_id=line(token).id, quantity=1)

    assert (line(token).held_until, free(mug)) == (None, 1)


def test_a_hold_goes_along_when_somebody_signs_in() -> None:
    mug, jug = make_sellable(on_hand=2), make_sellable()
    scarce(mug)
    user_id = make_user().pk
    make_cart({jug: 1}, user_id=user_id)
    guest = make_cart({mug: 2})

    token = operations.merge(guest_token=guest, user_id=user_id)

    assert token is not None
    [held] = [each for each in queries.contents(token=token).lines if each.variant_id == mug]
    assert (held.problem, held.held_until is not None, free(mug)) == (None, True, 0)


@pytest.mark.parametrize("on_hand", [0, 1])
def test_of_goods_sold_ahead_a_cart_holds_what_is_there(on_hand: int) -> None:
    mug = make_sellable(on_hand=on_hand)
    inventory.set_policy(
        variant_id=mug,
        policy=PolicyData(
            kind="backorder", backorder_limit=9, expected_on=day(), cart_hold_minutes=10
        ),
    )
    token = make_cart({mug: 3})

    shown = line(token)

    assert (shown.quantity, shown.problem, shown.promised_by) == (3, None, day())
    assert (shown.held_until is not None) == bool(on_hand)
    assert free(mug) == 0


def test_carts_without_such_goods_cost_no_statement_more() -> None:
    token = make_cart({make_sellable(): 1})

    with counted() as statements:
        queries.contents(token=token)

    assert len(statements) == 5
