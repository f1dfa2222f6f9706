"""How text becomes words to search by: the same for cards and for what shoppers type."""

import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"[^\W_]+")
MAX_QUERY_WORDS = 12


def words(text: str) -> list[str]:
    """Return the words in lower case, without accents and punctuation."""
    plain = unicodedata.normalize("NFKD", text)
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)).casefold())


def joined(texts: Iterable[str]) -> str:
    """Return all words of several texts as one line."""
    return " ".join(word for text in texts for word in words(text))


def sku_words(skus: Iterable[str]) -> str:
    """Return the words of SKUs, and each SKU written as one word: it is typed both ways."""
    return " ".join(f"{' '.join(words(sku))} {''.join(words(sku))}" for sku in skus)


def tsquery(text: str) -> str:
    """Return a PostgreSQL text query: every word, the last one as a beginning.

    Empty when the text holds no word.
    """
    found = words(text)[:MAX_QUERY_WORDS]
    if not found:
        return ""
    every = " & ".join([f"'{word}'" for word in found[:-1]] + [f"'{found[-1]}':*"])
    return f"{every} | '{''.join(found)}'" if len(found) > 1 else every
