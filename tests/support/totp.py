"""An authenticator app: RFC 6238 with its usual parameters."""

import base64
import hmac
import struct
import time


def totp(secret: str, *, at: float | None = None) -> str:
    """Return the six digits that an app shows for the secret at a moment, by default now."""
    step = int(time.time() if at is None else at) // 30
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), "sha1")
    start = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
