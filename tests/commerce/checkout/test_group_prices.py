"""A group's own price, from the cart to the order: for its members alone."""

import pytest

from commerce.accounts.models import User
from commerce.checkout import operations, queries
from commerce.kernel.money import Money
from commerce.orders import queries as orders
from commerce.pricing import operations as pricing
from commerce.pricing.models import CustomerGroup, GroupMember
from commerce.pricing.operations import ListPriceInput, PriceListInput
from devtools.stripe_double import StripeDouble
from tests.factories.accounts import make_user
from tests.factories.cart import make_cart
from tests.factories.orders import RETURN_URL, ReadyCart, Wanted, make_ready_cart, tell_everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def member() -> User:
    return make_user()


@pytest.fixture
def shop(member: User, double: StripeDouble) -> ReadyCart:
    """A mug for ten dollars, for the trade six, and from five pieces on four."""
    ready = make_ready_cart([Wanted(minor=1000, on_hand=50)])
    group = CustomerGroup.objects.create(name="Trade")
    GroupMember.objects.create(group=group, user=member)
    pricing.save_price_list(
        price_list=PriceListInput(
            seller_id=ready.sellers[0],
            name="Trade",
            currency="USD",
            group_id=group.pk,
            prices=[
                ListPriceInput(variant_id=ready.variants[0], min_quantity=1, amount_minor=600),
                ListPriceInput(variant_id=ready.variants[0], min_quantity=5, amount_minor=400),
            ],
        )
    )
    return ready


def units(token: str) -> list[int]:
    """What one costs in the cart, and in the quote of the review."""
    review = queries.review(cart_token=token)
    (line,) = review.cart.lines
    assert review.quote is not None
    return [line.offer.unit_at(line.quantity).minor, review.quote.lines[line.id].unit.minor]


def test_a_member_pays_the_price_of_the_group(shop: ReadyCart, member: User) -> None:
    token = make_cart({shop.variants[0]: 2}, user_id=member.pk)
    total = tell_everything(token)

    assert units(token) == [600, 600]
    placed = operations.place(
        cart_token=token, user_id=member.pk, expected_total=total, return_url=RETURN_URL
    )
    order = orders.order(token=placed.order_token)
    assert order is not None
    assert [(line.unit, line.quantity) for line in order.lines] == [(Money(600, "USD"), 2)]
    assert order.goods == Money(1200, "USD")


def test_a_members_many_cost_what_the_group_says_of_many(shop: ReadyCart, member: User) -> None:
    token = make_cart({shop.variants[0]: 5}, user_id=member.pk)
    tell_everything(token)

    assert units(token) == [400, 400]


def test_everybody_else_pays_the_shops_price(shop: ReadyCart) -> None:
    for user_id in (None, make_user().pk):
        token = make_cart({shop.variants[0]: 5}, user_id=user_id)
        tell_everything(token)

        assert units(token) == [1000, 1000]


def test_who_leaves_the_group_while_the_page_is_open_agrees_anew(
    shop: ReadyCart, member: User
) -> None:
    token = make_cart({shop.variants[0]: 1}, user_id=member.pk)
    total = tell_everything(token)
    GroupMember.objects.all().delete()

    with pytest.raises(operations.TotalChanged):
        operations.place(
            cart_token=token, user_id=member.pk, expected_total=total, return_url=RETURN_URL
        )
