"""`make prove`: run the drills, print and keep what they found.

python -m devtools.prove                 the essential drills, small; some minutes
python -m devtools.prove --long          every drill, large; with --time 30m as many as fit into it,
                                         and when all are done every drill small until then
python -m devtools.prove --only FD06     those whose code or title holds this
python -m devtools.prove --time 60m      every drill, again and again, with new seeds
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import time

from devtools.embedded.places import EmbeddedServerError, try_exclusive
from devtools.prove import drills as _all_drills  # noqa: F401 - registers them
from devtools.prove import ground, report
from devtools.prove.drill import DRILLS, Drill, Result, Stage
from devtools.prove.forks import ENDING, Nursery, RigBroken


def main() -> int:
    """Exit code 0 when every drill was clean and every control was not."""
    options = _options()
    seed = options.seed or random.SystemRandom().randrange(1, 10**6)
    chosen = _chosen(options)
    if options.list:
        for drill in chosen:
            print(f"{drill.code:<8} {'*' if drill.is_essential else ' '} {drill.title}")
        return 0
    signal.signal(signal.SIGTERM, stop)
    print(f"Seed {seed}, commit {report.commit()}.", flush=True)
    with try_exclusive(ground.PLACE / "in-use") as held:
        if held is None:
            print("Another run of this checkout is under way.", file=sys.stderr)
            return 2
        try:
            ended = _run(options, chosen, seed)
        except (RigBroken, EmbeddedServerError, subprocess.CalledProcessError) as error:
            print(f"The rig does not work: {error}", file=sys.stderr)
            return 2
        finally:
            ground.leave()
    failed = [result for result in ended if not result.passed]
    print(report.summary(ended), flush=True)
    if left := chosen[len(ended) :]:
        print(f"Not run: {', '.join(f'{each.code} {each.title}' for each in left)}.", flush=True)
    if not options.no_report and not os.environ.get("CI"):
        report.append(ended, seed=seed, mode=_mode(options))
    return 1 if failed else 0


def stop(*_: object) -> None:
    """Send the buyers home and put everything away."""
    ENDING.set()
    sys.exit(143)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--long", action="store_true", help="every drill, large")
    parser.add_argument("--time", default="", help="repeat all drills so long, such as 60m or 2h")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="codes or words, separated by commas")
    parser.add_argument("--all", action="store_true", help="every drill, small")
    parser.add_argument("--factor", type=float, default=1.0, help="sizes times this")
    parser.add_argument("--keep", action="store_true", help="keep the drills' databases")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--no-report", action="store_true", help="do not write docs/proof.md")
    return parser.parse_args()


def _mode(options: argparse.Namespace) -> str:
    words = ["long"] if options.long else []
    words += [f"time {options.time}"] if options.time else []
    return ", ".join(words or ["short"])


def _chosen(options: argparse.Namespace) -> list[Drill]:
    words = [word.strip().lower() for word in options.only.split(",") if word.strip()]
    if words:
        return [d for d in DRILLS if any(w in f"{d.code} {d.title}".lower() for w in words)]
    if options.long or options.all or options.time:
        return DRILLS
    return [drill for drill in DRILLS if drill.is_essential]


def _run(options: argparse.Namespace, chosen: list[Drill], seed: int) -> list[Result]:
    ended: list[Result] = []
    until = time.monotonic() + report.seconds_of(options.time) if options.time else 0
    place = ground.stand()
    nursery = Nursery(place)
    try:
        nursery.say(op="warm", database=ground.TEMPLATE, paths=["/", "/cart/", "/health/ready"])
        nursery.hear("warm", 60)
        is_long = options.long
        while True:
            stage = Stage(
                nursery=nursery, ground=place, seed=seed, long=is_long,
                factor=options.factor, keep=options.keep,
            )  # fmt: skip
            for drill in chosen:
                if ENDING.is_set() or (until and ended and time.monotonic() > until):
                    return ended
                print(f"{drill.code:<8} {drill.title} ...", end=" ", flush=True)
                result = drill.run(stage)
                ended.append(result)
                print(report.line(result), flush=True)
            if not until:
                return ended
            seed, is_long = seed + 1, False
    finally:
        nursery.close()


if __name__ == "__main__":
    sys.exit(main())
