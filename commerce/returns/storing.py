"""Where pictures and labels are kept: in the private store, under names that nobody guesses."""

from typing import Any

from django.core.files.storage import Storage, storages

from commerce.kernel.tokens import new_token


def private_store() -> Storage:
    return storages["private"]


def picture_path(picture: Any, filename: str) -> str:
    return f"returns/{new_token()}.jpg"


def label_path(label: Any, filename: str) -> str:
    """The name says what kind of file was found to be in it."""
    return f"returns/labels/{new_token()}.{filename.rsplit('.', 1)[-1]}"
