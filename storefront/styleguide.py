"""The style guide: every component in every state. Mapped in development and tests only."""

import re
from typing import Any

from django.conf import settings
from django.contrib.messages.constants import ERROR, SUCCESS
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static

from storefront.styleguide_forms import SampleForm


def styleguide(request: HttpRequest) -> HttpResponse:
    """Show the components. Anyone may look; the address exists only while DEBUG is on."""
    form = SampleForm({"email": "not an address", "country": "DK"})
    form.is_valid()
    return render(request, "styleguide.html", {**_samples(), "form": form, "blank": SampleForm()})


def _image(
    name: str, alt: str, width: int = 800, height: int = 1000, **more: Any
) -> dict[str, Any]:
    address = static(f"img/samples/{name}.svg")
    return {"src": address, "large": address, "width": width, "height": height, "alt": alt, **more}


def _card(name: str, title: str, price: str, **more: Any) -> dict[str, Any]:
    return {
        "title": title,
        "url": f"#{name}",
        "image": _image(name, title),
        "seller_name": "Keramos",
        "seller_url": "#keramos",
        "price": price,
        "in_stock": True,
        **more,
    }


def _option(value: str, *, state: str = "in", **more: Any) -> dict[str, Any]:
    return {"value": value, "label": value.capitalize(), "state": state, **more}


def _samples() -> dict[str, Any]:
    scene = _image("colonnade", "A colonnade beside the sea", 1600, 1200)
    cards = [
        _card("amphora", "Two-handled jar, painted by hand", "$148.00", badge="New"),
        _card("bowl", "Deep bowl in Egyptian blue", "$36.00", compare_price="$48.00", badge="−25%"),
        _card("lamp", "Linen table lamp", "$89.00", price_varies=True, seller_name="Lychnos"),
        _card(
            "stool",
            "Three-legged stool in smoked oak with a very long name",
            "$210.00",
            in_stock=False,
        ),
    ]
    return {
        "cards": cards,
        "bare": {**cards[0], "image": None, "badge": "", "title": "No picture yet"},
        "scene": scene,
        "images": [
            _image(name, alt, key=name)
            for name, alt in (
                ("bowl", "The bowl with fruit"),
                ("amphora", "The jar"),
                ("lamp", "The lamp"),
                ("stool", "The stool"),
            )
        ],
        "tiles": [
            {"title": title, "url": "#", "image": _image(name, ""), "note": note}
            for name, title, note in (
                ("amphora", "Ceramics", "128 goods"),
                ("lamp", "Lighting", "46 goods"),
                ("stool", "Furniture", "73 goods"),
                ("bowl", "Table", "210 goods"),
            )
        ],
        "axes": [
            {
                "name": "color",
                "label": "Color",
                "options": [
                    _option("blue", color="#24479e", checked=True),
                    _option("clay", color="#b9683f", state="low"),
                    _option("bone", color="#f2ecdf", state="out"),
                ],
            },
            {
                "name": "size",
                "label": "Size",
                "options": [
                    _option("s"),
                    _option("m", checked=True),
                    _option("l", state="out"),
                ],
            },
        ],
        "variants": _variants(),
        **_words(),
        "menu": _menu(scene),
        "footer": _menu(None)[:3],
        "shop_sample": {
            "name": "Stoa",
            "tagline": "Many makers under one roof.",
            "support_email": "hello@stoa.example",
            "social": [{"label": "Journal", "url": "#"}],
        },
        "line": {**cards[1], "options": "Blue, size M", "total": "$72.00"},
        "sellers": [
            {"name": "Keramos", "url": "#", "location": "Kolding, Denmark", "note": "128 goods",
             "text": "Stoneware thrown and glazed by two sisters."},
            {"name": "Lychnos", "url": "#", "image": _image("lamp", ""), "note": "46 goods"},
        ],
    }  # fmt: skip


def _words() -> dict[str, Any]:
    return {
        "trail": [{"label": label, "url": "#"} for label in ("Home", "Table", "Ceramics")],
        "sorts": [
            {"value": "newest", "label": "Newest", "selected": True},
            {"value": "price", "label": "Price, low to high"},
        ],
        "kept": [{"name": "color", "value": "blue"}],
        "pages": [
            {"label": "1", "url": "?page=1"},
            {"label": "2", "current": True},
            {"label": "3", "url": "?page=3"},
            {"label": "…"},
            {"label": "9", "url": "?page=9"},
        ],
        "steps": [
            {"label": "Address", "url": "#", "state": "done"},
            {"label": "Shipping", "state": "current"},
            {"label": "Review and pay", "state": "todo"},
        ],
        "rows": [
            {"label": "Goods", "amount": "$72.00", "note": "2 from Keramos"},
            {"label": "SPRING10", "amount": "−$7.20", "saving": True},
            {"label": "Shipping", "amount": "$6.00"},
            {"label": "Tax", "amount": "$16.40", "note": "25% VAT, Denmark"},
        ],
        "address": ["Asta Holm", "Havnegade 12", "6000 Kolding", "Denmark"],
        "events": [
            {"title": "Paid", "time": "3 May", "datetime": "2026-05-03", "state": "done"},
            {"title": "Shipped", "time": "4 May", "state": "current", "text": "With PostNord",
             "href": "#", "link": "Follow the parcel"},
            {"title": "Delivered", "state": "todo"},
        ],
        "tones": ["info", "success", "warning", "error"],
        "button_variants": ["", "secondary", "quiet", "danger"],
        "messages_sample": [Message(SUCCESS, "Saved."), Message(ERROR, "The card was declined.")],
        "icons": re.findall(
            r'id="([a-z-]+)"',
            (settings.ROOT / "static/img/icons.svg").read_text(encoding="utf-8"),
        ),
    }  # fmt: skip


def _variants() -> list[dict[str, Any]]:
    stock = {("blue", "s"): "in", ("blue", "m"): "in", ("clay", "s"): "low", ("clay", "m"): "in"}
    words = {"in": "In stock", "low": "Only 2 left", "out": "Out of stock"}
    pictures = {"blue": "bowl", "clay": "amphora", "bone": "lamp"}
    return [
        {
            "sku": f"BOWL-{color}-{size}".upper(),
            "values": {"color": color, "size": size},
            "price": {"s": "$28.00", "m": "$36.00", "l": "$52.00"}[size],
            "minor": {"s": 2800, "m": 3600, "l": 5200}[size],
            "compare": "$48.00" if size == "m" else "",
            "state": (state := stock.get((color, size), "out")),
            "label": words[state],
            "image": pictures[color],
            "max": 2 if state == "low" else 12,
        }
        for color in ("blue", "clay", "bone")
        for size in ("s", "m", "l")
    ]


def _menu(image: dict[str, Any] | None) -> list[dict[str, Any]]:
    tree = {
        "Home": {"Furniture": ["Chairs", "Tables", "Shelves"], "Lighting": ["Lamps", "Candles"],
                 "Textiles": ["Blankets", "Cushions", "Rugs"]},
        "Table": {"Ceramics": ["Bowls", "Jars"], "Glass": ["Carafes"], "Cutlery": []},
        "Clothing": {"Women": ["Tops", "Trousers"], "Men": ["Shirts", "Knitwear"]},
        "Pantry": {},
        "Journal": {},
    }  # fmt: skip

    def item(label: str, children: list[dict[str, Any]]) -> dict[str, Any]:
        return {"label": label, "url": f"#{label.lower()}", "children": children}

    items = [
        item(
            top,
            [item(middle, [item(leaf, []) for leaf in leaves]) for middle, leaves in parts.items()],
        )
        for top, parts in tree.items()
    ]
    items[0]["image"] = image
    return items
