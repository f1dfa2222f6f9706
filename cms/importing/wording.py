"""Which words of a file shoppers have not seen yet."""

from dataclasses import asdict
from typing import Any

from cms.selling import proposals
from cms.selling.drafts import VariantDraft
from commerce.catalog import queries as catalog

from .types import ProductRows


def new_words(product: ProductRows, *, product_id: int) -> dict[str, Any]:
    """Return what a live product would say anew, in the form in which it is proposed."""
    known = catalog.products(product_ids=[product_id])[product_id]
    words: dict[str, Any] = {}
    if product.brand != known.brand:
        words["brand"] = product.brand
    facts = [list(pair) for pair in product.specifications]
    if facts != [list(pair) for pair in known.specifications]:
        words["specifications"] = facts
    if proposals.says_something_new(
        product_id=product_id,
        options=product.options,
        combinations=[variant.option_values for variant in product.variants],
    ):
        words["options"] = list(product.options)
        words["variants"] = [
            asdict(
                VariantDraft(
                    values=variant.option_values,
                    sku=variant.sku,
                    weight_grams=variant.weight_grams,
                    barcode=variant.barcode,
                    price_minor=variant.price_minor,
                    compare_at_minor=variant.compare_at_minor,
                    on_hand=variant.on_hand,
                )
            )
            for variant in product.variants
        ]
    return words
