"""The password rule: a small and a large letter, a digit and a sign."""

import re

from django.core.exceptions import ValidationError

_NEEDED = {
    "an upper-case letter": r"[^\W\d_a-zß-öø-ÿ]",
    "a lower-case letter": r"[a-zß-öø-ÿ]",
    "a digit": r"\d",
    "a special character": r"[\W_]",
}


class MixedCharactersValidator:
    """Refuse a password that lacks one of the four kinds of character."""

    def validate(self, password: str, user: object = None) -> None:
        missing = [name for name, pattern in _NEEDED.items() if not re.search(pattern, password)]
        if missing:
            raise ValidationError(f"Add {', '.join(missing)}.", code="password_too_plain")

    def get_help_text(self) -> str:
        return "Use upper- and lower-case letters, a digit and a special character."
