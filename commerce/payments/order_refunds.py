"""Money of an order on its way back, whatever it was paid with."""

from django.db import transaction

from commerce.kernel.money import Money

from .models import Payment
from .refunding import RefundTooLarge, request_refund
from .types import RefundedOrder, RefundWay


class WayClosed(Exception):
    """Money of this order cannot go back this way."""

    def __init__(self, *, way: str) -> None:
        self.way = way
        super().__init__(f"refunds as {way} are not offered")


@transaction.atomic
def refund_order(
    *,
    order_token: str,
    amount: Money,
    business_key: str,
    reason: str,
    to: RefundWay = "method",
    user_id: int | None = None,
    email: str = "",
) -> RefundedOrder:
    """Give an amount of an order back, once per business key.

    The caller has locked the order and books who bears the whole amount against
    "refunds:owed", in the same transaction. By "method", the card is refunded as
    far as it paid. Repeating the key changes nothing. Raises RefundTooLarge and
    WayClosed.
    """
    if to != "method":
        raise WayClosed(way=to)
    payment = (
        Payment.objects.select_for_update()
        .filter(order_token=order_token, state=Payment.State.CAPTURED)
        .first()
    )
    if payment is None:
        raise RefundTooLarge(left=Money.zero(amount.currency))
    refund_id = request_refund(
        payment_id=payment.pk, amount=amount, business_key=business_key, reason=reason
    )
    return RefundedOrder(method_minor=amount.minor, refund_id=refund_id)
