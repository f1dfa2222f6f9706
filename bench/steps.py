"""Complete checkouts with a provider that answers in a millisecond, and the p95 of each step."""

from bench import load, reservations, servers, shopping
from bench.load import Figures

BUYERS = 16
RATE = 70
CPU_MS = 25


def measure(environment: dict[str, str], targets: dict[str, list], seconds: float) -> list[Figures]:
    """Whole checkouts per second and their processor time; then each step at 16 buyers at once."""
    times: dict[str, list[float]] = {}
    found: list[Figures] = []
    with (
        reservations.quick_double() as provider,
        servers.serving(
            "storefront.wsgi:application",
            environment={**environment, "STRIPE_API_BASE": provider},
        ) as server,
    ):

        def buyer() -> load.Step:
            shopper = shopping.Shopper(server, targets["product"], targets["variants"])
            return lambda: shopper.check_out_quickly(times)

        for connections in (1, BUYERS):
            times.clear()
            figures = load.measure(
                "checkout, quick provider", server, buyer, connections=connections, seconds=seconds
            )
            print(
                f"{figures.name:<28} {connections:>3} {figures.per_second:>8.1f}/s"
                f" p95 {figures.p95_ms:.0f} ms, CPU {figures.cpu_ms:.1f} ms,"
                f" {figures.errors} errors; aim {RATE}/s, {CPU_MS} ms",
                flush=True,
            )
            found.append(figures)
    for step, own in times.items():
        own.sort()
        half, most = own[len(own) // 2], own[int(len(own) * 0.95)]
        print(
            f"  step {step:<22} p50 {half * 1000:>7.1f} ms  p95 {most * 1000:>7.1f} ms", flush=True
        )
        found.append(
            Figures(
                name=f"step {step}",
                connections=BUYERS,
                per_second=0,
                errors=0,
                cpu_ms=0,
                p50_ms=round(half * 1000, 1),
                p95_ms=round(most * 1000, 1),
            )
        )
    return found
