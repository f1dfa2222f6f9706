"""Finding orders by number, name, email or what was in them; by indexes, not by reading all.

Every word has to begin a word of the same thing: of the buyer's name, or of one line.
"""

import re
from typing import Any

from django.db import connection

from commerce.kernel.confinement import unconfined

from . import statements

MOST_FOUND = 2000
"""A search tells the latest of what it finds; nobody pages through more."""
_MOST_WORDS, _MOST_LETTERS = 8, 40
_BETWEEN = re.compile(r"[\s\-_@./,;:+()'\"\\&|!<>*%]+")


def tsquery(text: str) -> str:
    """Return typed words as the database's full-text query; nothing when no word is left."""
    words = [word for word in _BETWEEN.split(text.lower().replace("\0", " ")) if word]
    return " & ".join(f"'{word[:_MOST_LETTERS]}':*" for word in words[:_MOST_WORDS])


def prefix(text: str) -> str:
    """Return a pattern for what begins like the text; it matches nothing for no text."""
    typed = text.strip().replace("\0", "")[:60]
    return re.sub(r"([\\%_])", r"\\\1", typed) + "%" if typed else ""


@unconfined()
def part_ids(*, seller_id: int, text: str) -> list[int]:
    """Return a seller's own paid parts by number, buyer's name, SKU or title, the latest first.

    Never by email: sellers are not shown it.
    """
    found = {
        "seller": seller_id,
        "number": prefix(text.upper()),
        "words": tsquery(text),
        "most": MOST_FOUND,
    }
    return _ids(statements.FIND_PARTS, found)


@unconfined()
def order_ids(*, text: str, user_id: int | None = None) -> list[int]:
    """Return orders by number, email, name, SKU or title, the latest first.

    Of one shopper when one is named, else of everybody, for staff.
    """
    found = {
        "user": user_id,
        "number": prefix(text.upper()),
        "email": prefix(text.lower()),
        "words": tsquery(text),
        "most": MOST_FOUND,
    }
    return _ids(statements.FIND_ORDERS, found)


def _ids(statement: str, found: dict[str, Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, found)
        return [pk for (pk,) in cursor.fetchall()]
