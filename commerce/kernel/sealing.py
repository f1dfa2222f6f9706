"""Text that must not be read from a stolen table: encrypted under keys that the database lacks.

`FIELD_ENCRYPTION_KEYS` names one key or several: the first one encrypts, all of them
decrypt. To change keys, put the new one first, run `rotate_field_keys`, then take
the old one away.
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_MARK = "sealed:1:"


class CannotOpen(ValueError):
    """None of the keys opens the text: the one it was sealed with is gone."""

    def __init__(self) -> None:
        super().__init__("No key in FIELD_ENCRYPTION_KEYS opens this. Put the former key back.")


def seal(text: str) -> str:
    """Return the text encrypted under the first key."""
    return _MARK + _keys(tuple(settings.FIELD_ENCRYPTION_KEYS)).encrypt(text.encode()).decode()


def unseal(text: str) -> str:
    """Return what was sealed; what never was comes back as it is. Raises CannotOpen."""
    if not text.startswith(_MARK):
        return text
    keys = _keys(tuple(settings.FIELD_ENCRYPTION_KEYS))
    try:
        return keys.decrypt(text.removeprefix(_MARK).encode()).decode()
    except InvalidToken:
        raise CannotOpen from None


@lru_cache(maxsize=4)
def _keys(secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derived(secret)) for secret in secrets])


def _derived(secret: str) -> bytes:
    """Make a key of the right length, which is of no use anywhere else."""
    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"stoa.fields")
    return base64.urlsafe_b64encode(made.derive(secret.encode()))
