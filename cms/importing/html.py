"""Descriptions from elsewhere, reduced to what our editor itself can write."""

from bs4 import BeautifulSoup, Comment, ParserRejectedMarkup, Tag

DROPPED = ["script", "style", "iframe", "object", "embed", "form", "svg", "template", "noscript"]
RENAMED = {"strong": "b", "em": "i", **{f"h{level}": "p" for level in range(1, 7)}, "div": "p"}
ALLOWED = {"p", "br", "b", "i", "ul", "ol", "li", "a"}
LINKS = ("https://", "http://", "mailto:")
MOST_LETTERS = 50_000
MOST_TAGS = 1_000
"""Opening and closing ones. Tags inside each other take time with the square of their number."""


class Unreadable(ValueError):
    """The text cannot be taken for a description; the message says what to do."""


def sanitize(html: str) -> str:
    """Return the words with paragraphs, lists, emphasis and links; nothing that runs or loads.

    Raises Unreadable.
    """
    if not html.strip():
        return ""
    if len(html) > MOST_LETTERS or html.count("<") > MOST_TAGS:
        raise Unreadable(
            "The description has too much HTML. Shorten it, or paste it as plain text."
        )
    if "<" not in html:
        html = "".join(f"<p>{part}</p>" for part in html.split("\n\n") if part.strip())
    try:
        soup = BeautifulSoup(html, "html.parser")
    except ParserRejectedMarkup as error:
        raise Unreadable("The description is no HTML. Paste it as plain text.") from error
    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    for tag in soup.find_all(DROPPED):
        tag.decompose()
    for tag in soup.find_all(True):
        _tame(tag)
    for tag in soup.find_all("p"):
        if tag.find(["p", "ul", "ol"]):
            tag.unwrap()
        elif not tag.get_text(strip=True):
            tag.decompose()
    return str(soup).strip()


def _tame(tag: Tag) -> None:
    tag.name = RENAMED.get(tag.name, tag.name)
    if tag.name not in ALLOWED:
        tag.unwrap()
        return
    href = str(tag.get("href") or "") if tag.name == "a" else ""
    tag.attrs = {}
    if tag.name == "a":
        if href.lower().startswith(LINKS):
            tag.attrs = {"href": href}
        else:
            tag.unwrap()
