"""What is sold in the journeys' marketplace, and what its pages say."""

from typing import Any

STANDARD: dict[str, Any] = {
    "name": "Standard", "carrier": "usps", "countries": ["US", "CA"], "price_minor": 650,
    "per_kg_price_minor": 0, "free_from_minor": None, "min_days": 3, "max_days": 5,
    "max_grams": 30000,
}  # fmt: skip
EXPRESS = {**STANDARD, "name": "Express", "carrier": "ups", "price_minor": 1800, "min_days": 1,
           "max_days": 2}  # fmt: skip


def _shop(slug: str, name: str, tagline: str, *, trusted: bool) -> dict[str, Any]:
    return {
        "slug": slug, "name": name, "legal_name": f"{name} LLC", "tagline": tagline,
        "story": [f"{name} has been at it since 2009.", "Every parcel is packed by the maker."],
        "city": "Portland", "country": "US", "address": {"city": "Portland"},
        "email": f"hello@{slug}.example.com", "commission_bps": 1000, "trusted": trusted,
        "shipping_methods": [STANDARD, EXPRESS],
    }  # fmt: skip


SHOPS = [
    _shop("kiln", "Kiln & Co", "Stoneware for every day.", trusted=True),
    _shop("loom", "Loom & Line", "Linen and wool, woven slowly.", trusted=True),
]

CATEGORIES: list[dict[str, Any]] = [
    {
        "slug": "kitchen", "name": "Kitchen", "intro": "Things that are used three times a day.",
        "children": [
            {"slug": "drinking", "name": "Drinking",
             "children": [{"slug": "mugs", "name": "Mugs"}, {"slug": "jugs", "name": "Jugs"}]},
            {"slug": "table", "name": "Table"},
        ],
    },
    {"slug": "textiles", "name": "Textiles", "children": [
        {"slug": "shirts", "name": "Shirts"}, {"slug": "blankets", "name": "Blankets"},
    ]},
]  # fmt: skip

MUGS, TABLE = "Kitchen > Drinking > Mugs", "Kitchen > Table"
SHIRTS, BLANKETS = "Textiles > Shirts", "Textiles > Blankets"

# handle, title, category, options, variants: (values, SKU, price, was, on hand)
Variant = tuple[tuple[str, ...], str, str, str, int]
Good = tuple[str, str, str, tuple[str, ...], list[Variant]]
GOODS: dict[str, list[Good]] = {
    "kiln": [
        ("stoneware-mug", "Stoneware mug", MUGS, ("Color", "Size"), [
            (("Sand", "Small"), "MUG-SAND-S", "18.00", "", 12),
            (("Sand", "Large"), "MUG-SAND-L", "22.00", "", 12),
            (("Slate", "Small"), "MUG-SLATE-S", "18.00", "", 3),
            (("Slate", "Large"), "MUG-SLATE-L", "22.00", "", 0),
        ]),
        ("salt-cellar", "Salt cellar", TABLE, (), [((), "SALT", "24.00", "", 40)]),
        ("tall-vase", "Tall vase", TABLE, (), [((), "VASE", "65.00", "", 0)]),
    ],
    "loom": [
        ("linen-shirt", "Linen shirt", SHIRTS, ("Size",), [
            (("S",), "SHIRT-S", "59.00", "79.00", 8),
            (("M",), "SHIRT-M", "59.00", "79.00", 8),
        ]),
        ("wool-blanket", "Wool blanket", BLANKETS, (), [((), "BLANKET", "120.00", "", 25)]),
    ],
}  # fmt: skip

_HERO = {"layout": "split", "eyebrow": "Autumn", "title": "Made to be used every day",
         "text": "Two workshops, one basket.", "image": {"file": "hero.webp", "alt": "A kiln"},
         "actions": [{"label": "See what is new", "address": "/shop/"}]}  # fmt: skip
_FAQ = [{"question": "Who sends my order?", "answer": "<p>Each maker sends a parcel.</p>"}]
_RETURNS = "<h2>Returns</h2><p>Send it back within thirty days.</p>"

CONTENT: dict[str, Any] = {
    "shop": {"name": "Stoa", "tagline": "Two workshops under one roof",
             "announcement": "Two workshops, one basket.",
             "support_email": "help@stoa.example.com"},
    "home": {"title": "Stoa", "search_description": "Stoneware, linen and wool.", "body": [
        {"type": "hero", "value": _HERO},
        {"type": "tiles", "value": {"title": "Find your way", "tiles": [
            {"category": "Kitchen"}, {"category": "Textiles"},
        ]}},
        {"type": "rail", "value": {"title": "Just arrived", "rule": "newest", "count": 8}},
        {"type": "spotlight", "value": {"title": "The makers", "sellers": ["kiln", "loom"]}},
        {"type": "faq", "value": {"title": "Good to know", "questions": _FAQ}},
    ]},
    "landing_pages": [{"slug": "autumn", "title": "Autumn", "body": [
        {"type": "hero", "value": {**_HERO, "layout": "cover", "title": "Autumn tables"}},
        {"type": "rail", "value": {"title": "For the table", "rule": "popular", "count": 4,
                                   "category": "Kitchen"}},
    ]}],
    "content_pages": [{"slug": "returns", "title": "Delivery and returns", "intro": "In short.",
                       "body": [{"type": "prose", "value": {"html": _RETURNS}}]}],
    "menus": {
        "header": [
            {"label": "Kitchen", "category": "Kitchen", "children": [
                {"label": "Drinking", "category": "Kitchen > Drinking"},
                {"label": "Table", "category": "Kitchen > Table"},
            ]},
            {"label": "Textiles", "category": "Textiles"},
            {"label": "Sellers", "address": "/sellers/"},
        ],
        "footer": [{"heading": "Help", "links": [
            {"label": "Delivery and returns", "content": "returns"},
            {"label": "Follow an order", "address": "/orders/track/"},
            {"label": "Sell with us", "address": "/sell/"},
        ]}],
    },
}  # fmt: skip
