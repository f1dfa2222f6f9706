"""An authenticator app: RFC 6238 with its usual parameters."""

import base64
import hmac
import struct
import time

STEP = 30
ENOUGH = 5


def totp(secret: str, *, at: float | None = None) -> str:
    """Return the six digits that an app shows for the secret at a moment, by default now.

    Whoever asks for the digits of now gets some that count a few seconds longer.
    """
    if at is None:
        left = STEP - time.time() % STEP
        time.sleep(left if left < ENOUGH else 0)
        at = time.time()
    step = int(at) // STEP
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), "sha1")
    start = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
