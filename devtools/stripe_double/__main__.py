"""`python -m devtools.stripe_double --port P --webhook-url URL --webhook-secret S --state FILE`"""

import argparse
import signal
import sys
import threading

from .double import StripeDouble


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m devtools.stripe_double")
    parser.add_argument("--port", type=int, default=8102)
    parser.add_argument("--webhook-url", help="where events are sent; none: they are only listed")
    parser.add_argument(
        "--webhook-secret",
        action="append",
        help="signing secret; may be given several times, as during a rotation",
    )
    parser.add_argument("--connect-webhook-secret", help="another secret for accounts' events")
    parser.add_argument("--state", help="file that keeps the money over a restart")
    options = parser.parse_args()
    try:
        double = StripeDouble(
            port=options.port,
            webhook_url=options.webhook_url,
            webhook_secret=options.webhook_secret or ["whsec_double"],
            connect_webhook_secret=options.connect_webhook_secret,
            state=options.state,
        )
    except OSError as error:
        print(f"The Stripe double cannot use port {options.port}: {error}", file=sys.stderr)
        return 1
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with double:
        print(f"Stripe double at {double.url}", flush=True)
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
