"""Where shoppers' pictures are kept: in the private store, under names that nobody guesses."""

from typing import Any

from django.core.files.storage import Storage, storages

from commerce.kernel.tokens import new_token


def private_store() -> Storage:
    return storages["private"]


def picture_path(picture: Any, filename: str) -> str:
    return f"returns/{new_token()}.jpg"
