import pytest

from commerce.cart import operations, queries
from commerce.cart.operations import CartClosed, LineGone, NotForSale, QuantityLimited
from commerce.catalog import operations as catalog
from commerce.inventory import operations as inventory
from commerce.kernel.money import Money
from commerce.pricing.models import Price
from tests.factories.cart import make_cart, make_sellable, product_of
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db


def lines(token: str) -> dict[int, int]:
    return {line.variant_id: line.quantity for line in queries.contents(token=token).lines}


def test_what_is_added_is_in_the_cart_with_its_total() -> None:
    mug, jug = make_sellable(minor=1250), make_sellable(minor=300)
    token = make_cart({mug: 2})

    cart = operations.add(token=token, variant_id=jug, quantity=1)

    assert [(line.variant_id, line.quantity, line.total) for line in cart.lines] == [
        (mug, 2, Money(2500, "USD")),
        (jug, 1, Money(300, "USD")),
    ]
    assert (cart.count, cart.goods, cart.token) == (3, Money(2800, "USD"), token)
    assert cart.is_orderable
    assert cart == queries.contents(token=token)


def test_adding_again_adds_up() -> None:
    mug = make_sellable()
    token = make_cart({mug: 2})

    operations.add(token=token, variant_id=mug, quantity=3)

    assert lines(token) == {mug: 5}


@pytest.mark.parametrize("others", [0, 3])
def test_adding_takes_six_statements_for_any_cart(others: int) -> None:
    token = make_cart({make_sellable(): 1 for _ in range(others)})
    mug = make_sellable()

    with counted() as statements:
        operations.add(token=token, variant_id=mug, quantity=1)

    assert len(statements) == 6


@pytest.mark.parametrize("number", [1, 3])
def test_contents_take_five_statements(number: int) -> None:
    token = make_cart({make_sellable(): 1 for _ in range(number)})

    with counted() as statements:
        queries.contents(token=token)

    assert len(statements) == 5


def test_more_than_available_becomes_what_is_available_and_says_so() -> None:
    mug = make_sellable(on_hand=3)
    token = make_cart({mug: 2})

    with pytest.raises(QuantityLimited) as limit:
        operations.add(token=token, variant_id=mug, quantity=2)

    assert (limit.value.available, limit.value.applied) == (3, 3)
    assert limit.value.message == "Only 3 are available; your cart now holds 3."
    assert lines(token) == {mug: 3}


def test_a_thousand_of_one_item_become_999() -> None:
    mug = make_sellable(on_hand=5000)
    token = make_cart({mug: 998})

    with pytest.raises(QuantityLimited) as limit:
        operations.add(token=token, variant_id=mug, quantity=10**9)

    assert limit.value.message == "At most 999 of one item fit into an order."
    assert lines(token) == {mug: 999}


def test_exactly_999_is_no_limit() -> None:
    mug = make_sellable(on_hand=5000)
    token = make_cart({mug: 998})

    operations.add(token=token, variant_id=mug, quantity=1)

    assert lines(token) == {mug: 999}


@pytest.mark.parametrize("quantity", [0, -1])
def test_nothing_and_less_cannot_be_added(quantity: int) -> None:
    mug = make_sellable()
    token = make_cart()

    with pytest.raises(ValueError, match="at least one"):
        operations.add(token=token, variant_id=mug, quantity=quantity)

    assert lines(token) == {}


def test_what_is_not_for_sale_is_refused_and_the_cart_stays_as_it_was() -> None:
    mug, gone = make_sellable(), make_sellable()
    catalog.withdraw_listing(product_id=product_of(gone), locale="en")
    token = make_cart({mug: 1})

    with pytest.raises(NotForSale) as refusal:
        operations.add(token=token, variant_id=gone, quantity=1)

    assert (refusal.value.reason, refusal.value.message) == (
        "withdrawn",
        "This item is no longer sold.",
    )
    assert lines(token) == {mug: 1}


def test_a_variant_nobody_knows_is_refused() -> None:
    token = make_cart()

    with pytest.raises(NotForSale) as refusal:
        operations.add(token=token, variant_id=987_654_321, quantity=1)

    assert refusal.value.reason == "unknown"
    assert lines(token) == {}


def test_a_cart_has_a_ceiling_of_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "MAX_LINES", 1)
    token = make_cart({make_sellable(): 1})

    with pytest.raises(NotForSale, match="different items"):
        operations.add(token=token, variant_id=make_sellable(), quantity=1)

    assert len(lines(token)) == 1


def test_a_quantity_is_set_limited_and_removed() -> None:
    mug = make_sellable(on_hand=5)
    token = make_cart({mug: 1})
    line_id = queries.contents(token=token).lines[0].id

    operations.set_quantity(token=token, line_id=line_id, quantity=4)
    set_to = lines(token)
    with pytest.raises(QuantityLimited) as limit:
        operations.set_quantity(token=token, line_id=line_id, quantity=6)
    limited = lines(token)
    operations.set_quantity(token=token, line_id=line_id, quantity=0)

    assert (set_to, limited, lines(token)) == ({mug: 4}, {mug: 5}, {})
    assert limit.value.applied == 5


def test_another_carts_line_is_gone() -> None:
    mine, theirs = make_cart(), make_cart({make_sellable(): 1})
    line_id = queries.contents(token=theirs).lines[0].id

    with pytest.raises(LineGone):
        operations.remove(token=mine, line_id=line_id)
    with pytest.raises(LineGone):
        operations.set_quantity(token=mine, line_id=line_id, quantity=2)

    assert queries.count(token=theirs) == 1


def test_a_closed_cart_takes_nothing() -> None:
    mug = make_sellable()
    token = make_cart({mug: 1})
    line_id = queries.contents(token=token).lines[0].id
    operations.mark_ordered(cart_id=queries.cart_id_of(token=token))

    for change in (
        lambda: operations.add(token=token, variant_id=mug, quantity=1),
        lambda: operations.set_quantity(token=token, line_id=line_id, quantity=2),
        lambda: operations.remove(token=token, line_id=line_id),
        lambda: operations.add(token="nobody's", variant_id=mug, quantity=1),
    ):
        with pytest.raises(CartClosed):
            change()

    assert lines(token) == {mug: 1}
    assert queries.count(token=token) == 0


def test_a_line_that_cannot_be_ordered_says_why_and_is_not_counted_in_goods() -> None:
    fine, few, gone = make_sellable(minor=100), make_sellable(on_hand=5), make_sellable()
    token = make_cart({fine: 1, few: 5, gone: 1})
    catalog.withdraw_listing(product_id=product_of(gone), locale="en")
    Price.objects.filter(variant_id=few).update(amount_minor=10)
    other = make_cart({few: 3})
    inventory.reserve(holder=other, quantities={few: 3})

    cart = queries.contents(token=token)

    assert [line.problem for line in cart.lines] == [
        None,
        "Only 2 left. Lower the quantity to order.",
        "This item is no longer sold.",
    ]
    assert cart.goods == Money(150, "USD")
    assert not cart.is_orderable


def test_an_unknown_cart_is_no_cart() -> None:
    with pytest.raises(queries.NoSuchCart):
        queries.contents(token="nobody's")
    with pytest.raises(queries.NoSuchCart):
        queries.cart_id_of(token="nobody's")
    assert queries.count(token="nobody's") == 0
