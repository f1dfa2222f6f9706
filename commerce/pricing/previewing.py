"""What a promotion would do, before anybody sees it. Pure."""

from collections.abc import Mapping, Sequence

from .announcing import enough
from .discounts import Promotion
from .quote import Quote, QuoteLine, quote
from .types import PromotionInput


def preview(
    *,
    promotion: PromotionInput,
    lines: Sequence[QuoteLine],
    shipping: Mapping[int, int],
    currency: str,
) -> Quote:
    """Price a cart with this promotion alone, whatever else is on and whenever it begins.

    Quantities are raised until the covered items reach its minimum and a full group, so
    that the example shows it at work. Tax is left out.
    """
    wanted = Promotion(
        id=0,
        label=promotion.label,
        code=promotion.code,
        kind=promotion.kind,
        funded_by="platform" if promotion.seller_id is None else "seller",
        percent_bps=promotion.percent_bps,
        amount_minor=promotion.amount_minor,
        buy=promotion.buy,
        get=promotion.get,
        least_minor=promotion.least_minor,
        seller_ids=frozenset(
            [promotion.seller_id] if promotion.seller_id else promotion.seller_ids
        ),
        product_ids=frozenset(promotion.product_ids),
        category_keys=frozenset(map(str, promotion.category_keys)),
    )
    return quote(
        lines=[enough(line, wanted) for line in lines],
        shipping=shipping,
        rates={},
        currency=currency,
        promotions=[wanted],
    )
