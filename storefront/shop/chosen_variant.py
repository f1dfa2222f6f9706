"""Which variant an add-to-cart form means: one by its number, or a product's by its options."""

from collections.abc import Mapping

from commerce.cart.operations import NotForSale
from commerce.catalog import queries as catalog
from commerce.catalog.types import VariantData

MOST_DIGITS = 18


class ChoiceIncomplete(Exception):
    """Options are still open; says which."""

    def __init__(self, open_options: list[str]) -> None:
        self.open_options = open_options
        names = " and ".join(name.lower() for name in open_options)
        super().__init__(f"Choose {names} first. Nothing was added yet.")


class NotMade(Exception):
    """No variant has this combination of options."""

    def __init__(self, values: list[str]) -> None:
        super().__init__(f"{' / '.join(values)} is not sold. Choose another combination.")


def read_variant(form: Mapping[str, str]) -> int:
    """Return the variant a form means, in at most two statements.

    The options are the truth: without scripts the form's SKU is that of the page
    as it was sent. Raises ChoiceIncomplete, NotMade, NotForSale.
    """
    if "variant" in form:
        return _number(form["variant"])
    product_id = _number(form.get("product", ""))
    product = catalog.products(product_ids=[product_id]).get(product_id)
    variants = catalog.variants_of(product_ids=[product_id]).get(product_id, [])
    if product is None or not variants:
        raise NotForSale(reason="unknown")
    picked = {name: form[f"option.{name}"] for name in product.options if f"option.{name}" in form}
    if picked:
        return _by_options(product.options, picked, variants).id
    by_sku = next((one for one in variants if one.sku == form.get("sku")), None)
    if by_sku is not None:
        return by_sku.id
    if len(variants) == 1:
        return variants[0].id
    raise ChoiceIncomplete(list(product.options) or ["variant"])


def _by_options(
    options: list[str], picked: dict[str, str], variants: list[VariantData]
) -> VariantData:
    matching = [
        one
        for one in variants
        if len(one.option_values) == len(options)
        and all(
            picked.get(name, value) == value
            for name, value in zip(options, one.option_values, strict=True)
        )
    ]
    if not matching:
        raise NotMade(list(picked.values()))
    if len(matching) > 1:
        raise ChoiceIncomplete([name for name in options if name not in picked])
    return matching[0]


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise NotForSale(reason="unknown")
    return int(text)
