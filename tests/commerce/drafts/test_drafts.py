"""Orders that are prepared for shoppers: by whom, from what, paid once, and not for ever."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from commerce.catalog.models import Variant
from commerce.checkout import operations as checkout
from commerce.drafts import operations, queries
from commerce.drafts.models import Draft
from commerce.drafts.types import Wanted
from commerce.notifications.models import Message
from commerce.orders import queries as orders
from commerce.pricing.codes import customer_key
from commerce.pricing.models import Promotion, Redemption
from commerce.sellers.models import Seller
from devtools.stripe_double import StripeDouble
from tests.factories.accounts import SAN_FRANCISCO, make_user
from tests.factories.cart import make_sellable
from tests.factories.orders import make_ready_cart, offer_shipping
from tests.factories.pricing import make_promotion
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_member
from tests.factories.selling import open_shop
from tests.factories.staff import ADMINISTRATORS, staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def goods() -> dict[str, Any]:
    """A SKU that can be bought, and its seller."""
    ready = make_ready_cart()
    variant = Variant.objects.get(pk=ready.variants[0])
    return {"seller_id": ready.sellers[0], "sku": variant.sku}


def wanted(goods: dict[str, Any], **changes: Any) -> Wanted:
    values = {
        "email": "ada@example.com",
        "address": SAN_FRANCISCO,
        "lines": {goods["sku"]: 2},
        "note": "As we said on the phone",
    }
    return Wanted(**(values | changes))


def prepare(goods: dict[str, Any], **changes: Any) -> str:
    return operations.prepare(
        made_by=make_user().pk, seller_id=goods["seller_id"], wanted=wanted(goods, **changes)
    )


def test_the_link_is_mailed_and_paid_like_any_order(
    client: Client, goods: dict[str, Any], double: StripeDouble
) -> None:
    token = prepare(goods)
    message = Message.objects.get(key__startswith="draft:")
    assert f"/pay/{token}/" in message.text
    page = client.get(reverse("pay", args=[token])).content.decode()
    assert "As we said on the phone" in page
    [total] = re.findall(r'name="expected_total" value="(\d+)"', page)

    to_provider = client.post(reverse("pay", args=[token]), {"expected_total": total})

    draft = queries.draft(token=token)
    assert draft is not None
    assert (to_provider.status_code, draft.state) == (302, "paid")
    double.pay(to_provider["Location"])
    assert checkout.finalise(order_token=draft.order_token) == "confirmed"
    order = orders.order(token=draft.order_token)
    assert order is not None
    assert (order.email, order.lines[0].quantity) == ("ada@example.com", 2)
    again = client.get(reverse("pay", args=[token]))
    assert again["Location"] == reverse("checkout-return", args=[draft.order_token])


def test_whoever_else_holds_the_pay_link_is_not_led_to_the_order(
    client: Client, goods: dict[str, Any], double: StripeDouble
) -> None:
    """Such as the seller that prepared it: by the order's own link one is its shopper."""
    token = prepare(goods)
    review = operations.review(token=token)
    assert review.quote is not None
    client.post(reverse("pay", args=[token]), {"expected_total": review.quote.total.minor})
    draft = queries.draft(token=token)
    assert draft is not None
    assert draft.order_token

    elsewhere = Client()
    elsewhere.cookies["ordered"] = draft.order_token
    for answer in (
        elsewhere.get(reverse("pay", args=[token])),
        elsewhere.post(reverse("pay", args=[token]), {"expected_total": "1"}),
    ):
        assert answer.status_code == 200
        assert draft.order_token not in answer.content.decode()
        assert "An order was placed by this link" in answer.content.decode()


def test_a_shop_mails_only_so_many_a_day(
    goods: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "MOST_A_DAY", 1)
    prepare(goods)

    with pytest.raises(operations.DraftRefused, match="at most 1 orders a day"):
        prepare(goods)
    assert Message.objects.filter(key__startswith="draft:").count() == 1


def test_the_payment_page_leads_back_without_the_key_to_the_order(
    client: Client, goods: dict[str, Any], double: StripeDouble
) -> None:
    token = prepare(goods)
    review = operations.review(token=token)
    assert review.quote is not None
    client.post(reverse("pay", args=[token]), {"expected_total": review.quote.total.minor})
    draft = queries.draft(token=token)
    assert draft is not None
    [session] = double.world.store.all("checkout.session")
    assert session["cancel_url"].endswith(reverse("pay-back", args=[token]))
    assert draft.order_token not in session["cancel_url"]


def test_who_prepared_it_and_their_team_cannot_pay_it(
    client: Client, goods: dict[str, Any]
) -> None:
    seller = Seller.objects.get(pk=goods["seller_id"])
    maker, colleague = (make_member(seller).user for _ in range(2))
    token = operations.prepare(made_by=maker.pk, seller_id=seller.pk, wanted=wanted(goods))
    review = operations.review(token=token)
    assert review.quote is not None
    for user in (maker, colleague):
        client.force_login(user)
        page = client.get(reverse("pay", args=[token]))
        assert operations.THEIRS in page.content.decode()
        assert "expected_total" not in page.content.decode()
        answer = client.post(
            reverse("pay", args=[token]), {"expected_total": review.quote.total.minor}
        )
        assert answer.status_code == 409
    draft = queries.draft(token=token)
    assert draft is not None
    assert (draft.state, draft.order_token) == ("offered", "")


def test_the_link_is_mailed_again_once_a_day_and_shown_to_nobody_else(
    goods: dict[str, Any],
) -> None:
    token = operations.prepare(made_by=make_user().pk, seller_id=None, wanted=wanted(goods))
    draft = Draft.objects.get()
    staff = staff_client(ADMINISTRATORS)
    screen = reverse("backoffice:drafts")
    assert not operations.mail_again(draft_id=draft.pk, seller_id=None)
    Draft.objects.update(created_at=draft.created_at - timedelta(days=1))
    for _ in range(2):
        assert token not in staff.get(screen).content.decode()
        staff.post(screen, {"mail": str(draft.pk)})
    assert Message.objects.filter(key__startswith="draft:").count() == 2
    with pytest.raises(operations.NotFound):
        operations.mail_again(draft_id=draft.pk, seller_id=goods["seller_id"])


def test_who_turns_back_can_pay_later(
    client: Client, goods: dict[str, Any], double: StripeDouble
) -> None:
    token = prepare(goods)
    review = operations.review(token=token)
    assert review.quote is not None
    client.post(reverse("pay", args=[token]), {"expected_total": review.quote.total.minor})
    draft = queries.draft(token=token)
    assert draft is not None

    assert Client().get(reverse("pay-back", args=[token])).status_code == 302
    order = orders.order(token=draft.order_token)
    assert order is not None
    assert order.state == "pending"
    back = client.get(reverse("pay-back", args=[token]))

    assert back["Location"] == reverse("pay", args=[token])
    assert client.get(back["Location"]).status_code == 200


@pytest.mark.parametrize("end", ["expired", "withdrawn"])
def test_what_has_ended_is_not_paid(client: Client, goods: dict[str, Any], end: str) -> None:
    token = prepare(goods)
    draft = queries.draft(token=token)
    assert draft is not None
    if end == "withdrawn":
        operations.withdraw(draft_id=draft.id, seller_id=goods["seller_id"])
    else:
        Draft.objects.update(created_at="2020-01-01T00:00Z", expires_at="2020-01-02T00:00Z")

    page = client.get(reverse("pay", args=[token]))

    assert page.status_code == 410
    assert "This offer has ended" in page.content.decode()
    assert client.post(reverse("pay", args=[token]), {"expected_total": "1"}).status_code == 410
    assert client.get(reverse("pay", args=["nobody"])).status_code == 404


@pytest.mark.parametrize("total", ["", "x", "1", "9" * 40])
def test_another_total_is_not_agreed_to(client: Client, goods: dict[str, Any], total: str) -> None:
    answer = client.post(reverse("pay", args=[prepare(goods)]), {"expected_total": total})

    assert answer.status_code == 409


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": {}},
        {"lines": {"NO-SUCH": 1}},
        {"days": 0},
        {"days": 99},
        {"code": "NO-SUCH-CODE"},
    ],
)
def test_nonsense_is_refused(goods: dict[str, Any], changes: dict[str, Any]) -> None:
    with pytest.raises(operations.DraftRefused):
        prepare(goods, **changes)


@pytest.mark.parametrize("count", [0, 1000, 50])
def test_quantities_are_those_that_can_be_bought(goods: dict[str, Any], count: int) -> None:
    with pytest.raises(operations.DraftRefused):
        prepare(goods, lines={goods["sku"]: count})


def test_a_seller_offers_its_own_goods_alone(goods: dict[str, Any]) -> None:
    other = make_ready_cart()

    with pytest.raises(operations.DraftRefused, match="There is no SKU"):
        operations.prepare(made_by=make_user().pk, seller_id=other.sellers[0], wanted=wanted(goods))
    token = prepare(goods)
    draft = queries.draft(token=token)
    assert draft is not None
    with pytest.raises(operations.NotFound):
        operations.withdraw(draft_id=draft.id, seller_id=other.sellers[0])


def typed(sku: str, **changes: Any) -> dict[str, Any]:
    return {
        **SAN_FRANCISCO.as_dict(), "lines": f"{sku} 1", "email": "ada@example.com", "days": 7,
        **changes,
    }  # fmt: skip


def test_sellers_and_staff_prepare_on_their_screens() -> None:
    shop = open_shop("Acme")
    sku = Variant.objects.get(pk=make_sellable(seller_id=shop.seller.pk)).sku
    offer_shipping(shop.seller.pk)
    part = sell(Sold(seller=shop.seller)).seller_orders[0]
    seller, staff = shop.client(), staff_client(ADMINISTRATORS)

    form = seller.get(f"/admin/selling/drafts/new/?order={part.number}").content.decode()
    assert f"An addition to {part.order_number}" in form
    assert part.email not in form  # sellers are shown no shopper's address
    made = seller.post(f"/admin/selling/drafts/new/?order={part.number}", typed(sku), follow=True)
    assert f"adds to {part.number}" in made.content.decode()
    kept = seller.post("/admin/selling/drafts/new/", typed("NO-SUCH"))
    assert (kept.status_code, "There is no SKU NO-SUCH" in kept.content.decode()) == (422, True)
    odd = seller.post("/admin/selling/drafts/new/", typed("X many"))
    assert odd.status_code == 422
    assert staff.post("/admin/office/drafts/new/", typed(sku)).status_code == 302
    draft = Draft.objects.get(seller=shop.seller)
    gone = seller.post("/admin/selling/drafts/", {"withdraw": draft.pk}, follow=True)
    assert "The link leads nowhere any more." in gone.content.decode()
    assert seller.post("/admin/selling/drafts/", {"withdraw": "x"}).status_code == 404
    assert (
        open_shop("Borealis")
        .client()
        .post("/admin/selling/drafts/", {"withdraw": draft.pk})
        .status_code
        == 404
    )


def test_codes_of_prepared_orders_count_like_any(goods: dict[str, Any], client: Client) -> None:
    make_promotion(code="ONCE", max_uses=1)
    make_promotion(code="MINE", max_per_customer=1)
    tokens = [prepare(goods, code=code) for code in ("ONCE", "ONCE", "MINE", "MINE")]
    totals = {}
    for token in tokens:
        review = operations.review(token=token)
        assert review.quote is not None
        assert review.quote.discount.minor
        totals[token] = review.quote.total.minor
    answers = [
        client.post(reverse("pay", args=[token]), {"expected_total": totals[token]})
        for token in tokens
    ]
    assert [answer.status_code for answer in answers] == [302, 409, 302, 409]
    assert {each.code: each.used for each in Promotion.objects.filter(max_uses=1)} == {"ONCE": 1}
    for code in ("ONCE", "MINE"):
        with pytest.raises(operations.DraftRefused):
            prepare(goods, code=code)


def test_a_code_is_used_once_by_its_shopper_whichever_address_it_was_used_with(
    goods: dict[str, Any], client: Client
) -> None:
    make_promotion(code="MINE", max_per_customer=1)
    make_user(email="ada@example.com")
    token = prepare(goods, code="MINE")
    Redemption.objects.create(
        promotion=Promotion.objects.get(),
        order_token="x",
        customer_key=customer_key("other@example.com"),
        user_id=get_user_model().objects.get(email="ada@example.com").pk,
        amount_minor=1,
        currency="USD",
    )
    review = operations.review(token=token)
    assert review.quote is not None

    answer = client.post(reverse("pay", args=[token]), {"expected_total": review.quote.total.minor})

    assert answer.status_code == 409
    assert Redemption.objects.count() == 1
