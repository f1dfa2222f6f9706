"""Codes of gift cards: random enough that nobody guesses one, and never stored.

A code is derived from the card's seed and the site's secret, so that it can be
mailed; what is looked up is its hash. Who reads the table cannot spend a card.
"""

import hashlib
import hmac
import secrets

from django.conf import settings

# No letters and digits that are taken for each other, and no vowels that make words.
ALPHABET = "23456789BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 16
GROUP = 4


def new_seed() -> str:
    return secrets.token_urlsafe(24)


def code_of(seed: str) -> str:
    """Return the code of a card, such as K7QM-22PX-W9RB-HT4C: 76 bits."""
    key = hashlib.sha256(f"gift card {settings.SECRET_KEY}".encode()).digest()
    number = int.from_bytes(hmac.new(key, seed.encode(), hashlib.sha256).digest())
    letters = ""
    for _ in range(LENGTH):
        number, index = divmod(number, len(ALPHABET))
        letters += ALPHABET[index]
    return "-".join(letters[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def hash_of(code: str) -> str | None:
    """Return what a typed code is looked up by, however it is spaced; None when it is no code."""
    letters = "".join(letter for letter in code.upper() if letter not in " -\u2010\u2013\t")
    if len(letters) != LENGTH or any(letter not in ALPHABET for letter in letters):
        return None
    return hashlib.sha256(letters.encode()).hexdigest()
