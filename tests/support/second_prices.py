"""A second opinion on prices, written from docs/promises/prices.md and not from the code.

Exact fractions instead of whole numbers, single units instead of counts, one dictionary
instead of types. It imports nothing of the product. `python -m tests.support.second_prices
--carts 100000 --seed 1` lets both price random carts and compares every figure.
"""

import argparse
import random
from fractions import Fraction
from typing import Any

BPS = Fraction(1, 10_000)


def half_even(exact: Fraction) -> int:
    return round(exact)  # of a fraction, Python rounds halves to even


def hamilton(amount: int, weights: list[int]) -> list[int]:
    whole = sum(weights)
    if not whole:
        return [0 for _ in weights]
    quotas = [Fraction(amount * weight, whole) for weight in weights]
    seats = [quota.numerator // quota.denominator for quota in quotas]
    while sum(seats) < amount:
        behind = [quota - seat for quota, seat in zip(quotas, seats, strict=True)]
        seats[behind.index(max(behind))] += 1
    return seats


def covered(offer: dict[str, Any], line: dict[str, Any]) -> bool:
    wanted = offer["products"] | offer["categories"]
    belongs = not offer["sellers"] or line["seller"] in offer["sellers"]
    matches = not wanted or line["product"] in wanted or not wanted.isdisjoint(line["categories"])
    return belongs and matches


def would_take(
    offer: dict[str, Any], cart: dict[str, Any], state: dict[Any, Any]
) -> dict[Any, int]:
    """What an offer takes off each thing, given what was taken before."""

    def free(thing: Any) -> bool:
        before = state[thing]["by"]
        return not before or (offer["stackable"] and all(each["stackable"] for each in before))

    mine = [line for line in cart["lines"] if covered(offer, line)]
    if offer["kind"] == "free-shipping":
        strangers = {line["seller"] for line in cart["lines"] if not covered(offer, line)}
        sellers = {line["seller"] for line in mine} - strangers
        things = [("parcel", each) for each in sellers if each in cart["shipping"]]
        return {thing: state[thing]["left"] for thing in things if free(thing)}
    mine = sorted((line for line in mine if free(line["key"])), key=lambda line: line["key"])
    rest = [state[line["key"]]["left"] for line in mine]
    if offer["kind"] == "percentage":
        off = [half_even(offer["percent"] * BPS * left) for left in rest]
    elif offer["kind"] == "fixed":
        off = hamilton(min(offer["amount"], sum(rest)), rest)
    else:
        units = [(-line["unit"], line["key"]) for line in mine for _ in range(line["quantity"])]
        units.sort()
        size = offer["buy"] + offer["get"]
        gifts = dict.fromkeys([line["key"] for line in mine], 0)
        while len(units) >= size:
            group, units = units[:size], units[size:]
            for _, key in group[offer["buy"] :]:
                gifts[key] += 1
        off = [
            min(left, half_even(gifts[line["key"]] * line["unit"] * offer["percent"] * BPS))
            for line, left in zip(mine, rest, strict=True)
        ]
    return {line["key"]: minor for line, minor in zip(mine, off, strict=True)}


def price(cart: dict[str, Any]) -> dict[str, Any]:
    """Every figure of a cart: by line, by seller and in all."""

    def rate_of(seller: int, name: str) -> Fraction:
        """Of the store where it is picked up, if it is, else of where it goes."""
        return Fraction(cart["stores"].get(seller, cart["rates"]).get(name, 0)) * BPS

    net_sellers = set(cart["reverse_charged"]) - set(cart["stores"])
    all_gross = {
        seller
        for seller in {line["seller"] for line in cart["lines"]}
        if all(line["gross"] for line in cart["lines"] if line["seller"] == seller)
    }
    lines, shipping = [], {}
    for line in cart["lines"]:
        unit, gross = line["unit"], line["gross"]
        if gross and line["seller"] in net_sellers:
            rate = rate_of(line["seller"], line["class"])
            unit, gross = unit - half_even(unit - unit / (1 + rate)), False
        lines.append({**line, "unit": unit, "gross": gross})
    for seller, minor in cart["shipping"].items():
        taken = 0
        if seller in net_sellers & all_gross:
            taken = half_even(minor - minor / (1 + rate_of(seller, "standard")))
        shipping[seller] = minor - taken
    cart = {**cart, "lines": lines, "shipping": shipping}

    state: dict[Any, Any] = {
        line["key"]: {"left": line["unit"] * line["quantity"], "by": [], "platform": 0}
        for line in lines
    }
    for seller, minor in shipping.items():
        state["parcel", seller] = {"left": minor, "by": [], "platform": 0}
    waiting = []
    for offer in cart["offers"]:
        mine = [line for line in lines if covered(offer, line)]
        spent = sum(line["unit"] * line["quantity"] for line in mine)
        if mine and spent >= offer["least"] and not (offer["first"] and not cart["first_order"]):
            alone = sum(would_take(offer, cart, state).values())
            if alone:
                waiting.append((offer, alone))
    while waiting:
        best = max(waiting, key=lambda pair: (pair[0]["priority"], pair[1], -pair[0]["id"]))
        waiting.remove(best)
        offer = best[0]
        for thing, minor in would_take(offer, cart, state).items():
            if minor:
                state[thing]["left"] -= minor
                state[thing]["by"].append(offer)
                state[thing]["platform"] += minor if offer["funder"] == "platform" else 0

    def taxed(left: int, rate: Fraction, gross: bool) -> tuple[int, int]:
        if gross:
            return 0, half_even(left - left / (1 + rate))
        return half_even(left * rate), 0

    answer: dict[str, Any] = {"lines": {}, "sellers": {}}
    for seller in dict.fromkeys([*shipping, *(line["seller"] for line in lines)]):
        own = dict.fromkeys(
            ("goods", "discount", "shipping", "shipping_discount", "tax", "included"), 0
        )
        for line in lines:
            if line["seller"] != seller:
                continue
            rate = Fraction(0) if seller in net_sellers else rate_of(seller, line["class"])
            total = line["unit"] * line["quantity"]
            mine = state[line["key"]]
            tax, included = taxed(mine["left"], rate, line["gross"])
            answer["lines"][line["key"]] = (
                total, total - mine["left"], mine["platform"], tax, included,
            )  # fmt: skip
            own["goods"] += total
            own["discount"] += total - mine["left"]
            own["tax"] += tax
            own["included"] += included
        if seller in shipping:
            left = state["parcel", seller]["left"]
            rate = Fraction(0) if seller in net_sellers else rate_of(seller, "standard")
            gross = seller in all_gross - net_sellers
            tax, included = taxed(left, rate, gross)
            own["shipping"] = shipping[seller]
            own["shipping_discount"] = shipping[seller] - left
            own["tax"] += tax
            own["included"] += included
        answer["sellers"][seller] = own
    for name in ("goods", "discount", "shipping", "shipping_discount", "tax", "included"):
        answer[name] = sum(own[name] for own in answer["sellers"].values())
    answer["total"] = (
        answer["goods"] - answer["discount"]
        + answer["shipping"] - answer["shipping_discount"] + answer["tax"]
    )  # fmt: skip
    return answer


PRODUCTS = [f"p{number}" for number in range(1, 9)]
CATEGORIES = ["c1", "c2", "c3"]


def random_cart(dice: random.Random) -> dict[str, Any]:
    """A cart of up to eight lines and five offers, with amounts that make rounding bite."""
    sellers = dice.sample([1, 2, 3, 4], dice.randint(1, 4))
    most = dice.choice([9, 99, 5_000, 2_000_000])
    lines = [
        {
            "key": key,
            "seller": dice.choice(sellers),
            "product": dice.choice(PRODUCTS),
            "categories": set(dice.sample(CATEGORIES, dice.randint(0, 2))),
            "unit": dice.randint(0, most),
            "quantity": dice.choice([1, 1, 2, 3, 5, 12, 40]),
            "class": dice.choice(["standard", "books", "odd", "exempt"]),
            "gross": False,
        }
        for key in range(1, dice.randint(1, 8) + 1)
    ]
    for seller in sellers:
        mode = dice.choice(["net", "net", "gross", "mixed"])
        for line in lines:
            if line["seller"] == seller:
                line["gross"] = mode == "gross" or (mode == "mixed" and dice.random() < 0.5)
    return {
        "currency": dice.choice(["USD", "JPY", "KWD"]),
        "lines": lines,
        "shipping": {each: dice.choice([0, dice.randint(1, 4_000)]) for each in sellers},
        "rates": {
            "standard": dice.choice([0, 700, 875, 1900, 2100, 2700]),
            "books": dice.choice([0, 500, 700]),
            "odd": dice.choice([888, 1025, 3333]),
        },
        "reverse_charged": [each for each in sellers if dice.random() < 0.15],
        "stores": {
            each: {
                "standard": dice.choice([0, 725, 2000, 2500]),
                "books": dice.choice([0, 900]),
            }
            for each in sellers
            if dice.random() < 0.15
        },
        "first_order": dice.random() < 0.5,
        "offers": [random_offer(dice, number, most) for number in range(dice.randint(0, 5))],
    }


def random_offer(dice: random.Random, number: int, most: int) -> dict[str, Any]:
    def some(of: list[Any]) -> set[Any]:
        return set(dice.sample(of, dice.randint(1, 2))) if dice.random() < 0.4 else set()

    return {
        "id": number + 1,
        "kind": dice.choice(["percentage", "percentage", "fixed", "buy-get", "free-shipping"]),
        "funder": dice.choice(["platform", "seller"]),
        "percent": dice.choice([100, 333, 1000, 1250, 2500, 5000, 10_000]),
        "amount": dice.randint(1, 3 * most),
        "buy": dice.randint(1, 3),
        "get": dice.randint(1, 2),
        "least": dice.choice([0, 0, dice.randint(1, 4 * most)]),
        "first": dice.random() < 0.15,
        "sellers": some([1, 2, 3, 4]),
        "products": some(PRODUCTS),
        "categories": some(CATEGORIES),
        "priority": dice.choice([0, 0, 0, 1, 2]),
        "stackable": dice.random() < 0.4,
    }


def price_with_the_product(cart: dict[str, Any]) -> dict[str, Any]:
    """The same figures from the product's own arithmetic."""
    from commerce.pricing.discounts import Promotion
    from commerce.pricing.quote import QuoteLine, Store, TaxRateData, quote

    number_of = {name: number for number, name in enumerate(PRODUCTS, start=1)}
    found = quote(
        lines=[
            QuoteLine(
                key=line["key"],
                seller_id=line["seller"],
                unit_minor=line["unit"],
                quantity=line["quantity"],
                tax_class=line["class"],
                tax_included=line["gross"],
                product_id=number_of[line["product"]],
                category_keys=frozenset(line["categories"]),
            )
            for line in cart["lines"]
        ],
        shipping=cart["shipping"],
        rates={name: TaxRateData(name=name, rate_bps=bps) for name, bps in cart["rates"].items()},
        currency=cart["currency"],
        promotions=[
            Promotion(
                id=offer["id"],
                label="Offer",
                kind=offer["kind"],
                funded_by=offer["funder"],
                percent_bps=offer["percent"],
                amount_minor=offer["amount"],
                buy=offer["buy"],
                get=offer["get"],
                least_minor=offer["least"],
                first_order=offer["first"],
                seller_ids=frozenset(offer["sellers"]),
                product_ids=frozenset(number_of[name] for name in offer["products"]),
                category_keys=frozenset(offer["categories"]),
                priority=offer["priority"],
                stackable=offer["stackable"],
            )
            for offer in cart["offers"]
        ],
        is_first_order=cart["first_order"],
        reverse_charged=cart["reverse_charged"],
        stores={
            seller: Store(
                name="Store",
                rates={name: TaxRateData(name=name, rate_bps=bps) for name, bps in rates.items()},
            )
            for seller, rates in cart["stores"].items()
        },
    )
    names = ("goods", "discount", "shipping", "shipping_discount", "tax")
    answer: dict[str, Any] = {
        "lines": {
            key: (
                line.total.minor, line.discount.minor, line.platform_discount.minor,
                line.tax.minor, line.included_tax.minor,
            )
            for key, line in found.lines.items()
        },
        "sellers": {
            seller: {name: getattr(part, name).minor for name in names}
            | {"included": part.included_tax.minor}
            for seller, part in found.sellers.items()
        },
        "included": found.included_tax.minor,
        "total": found.total.minor,
    }  # fmt: skip
    assert found.tax.minor + found.included_tax.minor == sum(
        row.amount.minor for row in found.taxes
    )
    assert found.discount.minor + found.shipping_discount.minor == sum(
        saving.amount.minor for saving in found.savings
    )
    return answer | {name: getattr(found, name).minor for name in names}


def compare(*, carts: int, seed: int) -> list[dict[str, Any]]:
    """Return the carts about which the two disagree."""
    dice = random.Random(seed)
    wrong = []
    for _ in range(carts):
        cart = random_cart(dice)
        if price(cart) != price_with_the_product(cart):
            wrong.append(cart)
    return wrong


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--carts", type=int, default=100_000)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    wrong = compare(carts=given.carts, seed=given.seed)
    print(f"{given.carts} random carts, seed {given.seed}: {len(wrong)} disagreements")
    if wrong:
        raise SystemExit(str(wrong[0]))


if __name__ == "__main__":
    main()
