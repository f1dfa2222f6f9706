"""A shop process of its own, which a test may kill at a named place.

python -m tests.support.processes place TOKEN TOTAL
python -m tests.support.processes finalise TOKEN
"""

import os
import subprocess
import sys
from urllib.parse import quote

KILLED = -9


def run(*arguments: str, api_base: str, killed_at: str = "") -> int:
    """Run one command in a new process on the test's database; returns its exit code."""
    from django.db import connection

    known = connection.settings_dict
    host = quote(str(known["HOST"]), safe="")
    user = f"{known['USER']}:{known['PASSWORD']}" if known["PASSWORD"] else known["USER"]
    address = f"postgres://{user}@{host}:{known['PORT'] or 5432}/{known['NAME']}"
    environment = {
        **os.environ,
        "DATABASE_URL": address,
        "DJANGO_SETTINGS_MODULE": "storefront.settings.test",
        "API_BASE": api_base,
        "STOA_FAILPOINTS": f"{killed_at}=die" if killed_at else "",
    }
    command = [sys.executable, "-m", "tests.support.processes", *arguments]
    return subprocess.run(command, env=environment, timeout=120, check=False).returncode


def main(command: str, *values: str) -> None:
    import django
    from django.conf import settings

    django.setup()
    settings.STRIPE_API_BASE = os.environ["API_BASE"]
    from commerce.checkout import operations
    from commerce.kernel.money import Money
    from tests.factories.orders import CANCEL_URL, RETURN_URL

    if command == "place":
        token, total = values
        operations.place(
            cart_token=token,
            user_id=None,
            expected_total=Money(int(total), "USD"),
            return_url=RETURN_URL,
            cancel_url=CANCEL_URL,
        )
    else:
        operations.finalise(order_token=values[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
