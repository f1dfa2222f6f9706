"""The frame of every hosted page, forms, and amounts as people read them."""

from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import parse_qsl

from ..core.app import App
from ..core.http import Request, Response

HERE = Path(__file__).parent
_SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "cad": "CA$", "aud": "A$"}
_DECIMALS = dict.fromkeys(("clp", "isk", "jpy", "krw", "vnd", "xof"), 0) | dict.fromkeys(
    ("bhd", "jod", "kwd", "omr", "tnd"), 3
)
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@cache
def template(name: str) -> Template:
    return Template((HERE / "templates" / f"{name}.html").read_text(encoding="utf-8"))


def fill(name: str, /, **values: Any) -> str:
    """A template with its placeholders filled; what ends in _html is already HTML."""
    safe = {
        key: value if key.endswith("_html") else escape(str(value)) for key, value in values.items()
    }
    return template(name).substitute(safe)


def respond(title: str, name: str, /, *, status: int = 200, **values: Any) -> Response:
    text = fill("frame", title=title, body_html=fill(name, **values))
    return Response(status, text.encode(), _HEADERS)


def notice(title: str, text: str, link: str | None, label: str, status: int = 200) -> Response:
    """A page that says one thing and leads on."""
    onward = f'<p><a class="button" href="{escape(link)}">{escape(label)}</a></p>' if link else ""
    return respond(title, "notice", status=status, heading=title, text=text, onward_html=onward)


def form_of(request: Request) -> dict[str, str]:
    text = request.body.decode("utf-8", "replace")
    return {name: value.strip() for name, value in parse_qsl(text, keep_blank_values=True)}


def money(amount: int, currency: str) -> str:
    places = _DECIMALS.get(currency, 2)
    sign, units = ("−" if amount < 0 else ""), abs(amount)
    number = f"{units / 10**places:,.{places}f}" if places else f"{units:,}"
    symbol = _SYMBOLS.get(currency)
    return f"{sign}{symbol}{number}" if symbol else f"{sign}{number} {currency.upper()}"


def style(app: App, request: Request) -> Response | None:
    if request.path != "/c/style.css":
        return None
    body = (HERE / "style.css").read_bytes()
    return Response(200, body, {"Content-Type": "text/css; charset=utf-8"})
