"""What a stranger may have us mail under the shop's name: a greeting, and nothing to follow.

Mail clients make a link of whatever looks like an address, so it is refused as it is typed, and
taken out of what was written before.
"""

import re
import unicodedata

MOST_LETTERS = 200
MOST_LINES = 6
MOST_OF_NAME = 50

_JOINER = "\u200d"  # holds some emoji together
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200d\u3164\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
_DOT = r"(?:\.|。|\s*[\[({]\s*(?:\.|dot)\s*[\])}]\s*)"
_LABEL = r"[^\W_](?:[\w-]*[^\W_])?"
_ADDRESS = re.compile(
    r"[a-z][a-z0-9+.-]*://\S*"  # with a scheme
    r"|\bwww\.\S+"
    r"|\S+@\S+"  # mail, and names elsewhere
    r"|\S+\s+dot\s+(?:com|net|org|info|io|co|me|app|shop|xyz|online|site|top)\b\S*"
    r"|\b\d{1,3}(?:\.\d{1,3}){3}\b\S*"
    rf"|{_LABEL}(?:{_DOT}{_LABEL})*{_DOT}(?:xn--[a-z0-9-]+|[^\W\d_]{{2,}})\b(?:[/:?#]\S*)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\+?\d(?:[\s().\u2010-\u2013/-]{0,3}\d){8,}")


def plain(text: str, *, is_name: bool = False) -> str:
    """Return a text without what is not seen, and a name as one line."""
    seen = "".join(
        letter
        for letter in text.replace("\r\n", "\n").replace("\r", "\n")
        if letter in ("\n", _JOINER) or not unicodedata.category(letter).startswith("C")
    )
    if is_name:
        return " ".join(seen.split())
    lines = [line.rstrip() for line in seen.strip().split("\n")]
    kept = [line for line, before in zip(lines, ["", *lines], strict=False) if line or before]
    return "\n".join(kept)


def objection_to_message(text: str) -> str:
    """Say what is to be changed in a message, for whoever wrote it; "" when nothing is."""
    said = plain(text)
    if len(said) > MOST_LETTERS:
        return f"Shorten the message: it has {len(said)} characters, and {MOST_LETTERS} are sent."
    if said.count("\n") >= MOST_LINES:
        return f"Shorten the message: at most {MOST_LINES} lines are sent."
    return _lure(said, "the message")


def objection_to_name(text: str) -> str:
    """Say what is to be changed in a name that stands in a mail; "" when nothing is."""
    said = plain(text, is_name=True)
    if not said:
        return "Enter a name."
    if len(said) > MOST_OF_NAME:
        return f"Shorten the name to {MOST_OF_NAME} characters."
    return _lure(said, "the name")


def _lure(said: str, where: str) -> str:
    flat = _flat(said)
    found = _ADDRESS.search(flat)
    if found:
        return (
            f"Leave out “{found[0].strip()[:60]}”: {where} may hold no web or email address. "
            "After a full stop, write a space."
        )
    found = _NUMBER.search(flat)
    if found:
        return f"Leave out “{found[0].strip()[:60]}”: {where} may hold no telephone number."
    return ""


def _flat(said: str) -> str:
    """Return what a reader sees: nothing unseen keeps an address or a number apart."""
    return unicodedata.normalize("NFKC", _UNSEEN.sub("", said))


def harmless(text: str, *, is_name: bool = False) -> str:
    """Return a text for a mail, without any address or number to call."""
    flat = plain(text, is_name=is_name)
    if _lure(flat, ""):
        flat = _NUMBER.sub("…", _ADDRESS.sub("…", _flat(flat)))
    return flat[: MOST_OF_NAME if is_name else 500]
