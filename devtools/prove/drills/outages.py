"""Redis and PostgreSQL stopped, emptied and restarted in the middle of a sale."""

from __future__ import annotations

import os
import signal
import threading
import time

from devtools.embedded import postgres
from devtools.embedded.cluster import Cluster
from devtools.prove.buyers import Crowd, one_of
from devtools.prove.drill import Result, Stage, close, drill, stock_of
from devtools.prove.figures import arrivals
from devtools.prove.ground import SERVERS
from devtools.prove.processes import EVERYTHING_ELSE, RELAY_PLACES
from devtools.prove.rig import Rig


@drill("FD18", "Redis loses everything while jobs are queued", essential=True)
def emptied(stage: Stage, result: Result) -> None:
    with stage.shop("FD18") as rig:
        _emptied(stage, result, rig, mails=stage.size(20, 5000))


@drill(
    "FD18",
    "control: without the sweep that finds what a queue lost",
    red_by=("mails missing or doubled",),
)
def emptied_without_sweep(stage: Stage, result: Result) -> None:
    with stage.shop("FD18-sweep") as rig:
        rig.rest("beat")
        _emptied(stage, result, rig)


def _emptied(stage: Stage, result: Result, rig: Rig, *, mails: int = 0) -> None:
    """Orders are made, and so many mails owed besides, while no worker is there to see to it."""
    opening = stock_of(rig)
    resting = [rig.rest(name) for name in ("rest", "money")]
    crowd = Crowd(rig, seed=stage.seed)
    crowd.run(crowd.plan(stage.size(12, 40), one_of(rig.goods())))
    halves = [(0, mails // 2), (mails // 2, mails)]
    for half in [rig.begin("owe_mails", begin=begin, end=end) for begin, end in halves]:
        rig.finish(half, seconds=300)
    redis = rig.ground.redis()
    lost = sum(int(redis.llen(name)) for name in ("default", "money", "mail"))
    result.numbers["jobs lost"] = lost
    result.expect(lost >= mails, f"only {lost} jobs were queued for {mails} mails")
    redis.flushall()
    for slot in resting:
        rig.resume(slot)
    close(rig, crowd, result, opening, patience=300 if mails else 120)
    came = [mail_id for _, to, _, mail_id in arrivals(rig) if to.startswith("owed")]
    result.expect(len(set(came)) == mails, f"{len(set(came))} of {mails} owed mails came")


@drill("FD20", "a task outlasts the broker's patience and is delivered again")
def redelivered(stage: Stage, result: Result) -> None:
    with stage.shop("FD20") as rig:
        opening = stock_of(rig)
        rig.rest("rest")
        for number in (1, 2):
            rig.add(
                f"slow-{number}", "worker", queues=EVERYTHING_ELSE,
                transport={"visibility_timeout": 1}, failpoints="relay_after_send=wait:3@1",
            )  # fmt: skip
        crowd = Crowd(rig, seed=stage.seed)
        crowd.run(crowd.plan(stage.size(6, 12), one_of(rig.goods())))
        time.sleep(14)
        close(rig, crowd, result, opening)


@drill("FD21", "PostgreSQL stops at once, five times under load", essential=True)
def postgres_stops(stage: Stage, result: Result) -> None:
    with stage.shop("FD21") as rig:
        opening = stock_of(rig)
        crowd = Crowd(rig, seed=stage.seed)
        people = crowd.plan(stage.size(30, 80), one_of(rig.goods()), [("places again", 0.3)])
        stops = stage.size(2, 5)
        rig.sql("CHECKPOINT")  # what made this shop need not be replayed
        backs: list[float] = []

        def stop_it() -> None:
            for _ in range(stops):
                time.sleep(1.5)
                pid = Cluster(SERVERS).postmaster()
                began = time.monotonic()
                if pid:
                    os.kill(pid, signal.SIGQUIT)
                    time.sleep(0.2)
                postgres.ensure_running(SERVERS)
                rig.wait_for_web()
                backs.append(time.monotonic() - began)

        thread = threading.Thread(target=stop_it)
        thread.start()
        crowd.run(people, at_once=6)
        thread.join()
        known = {token for (token,) in rig.sql("SELECT token FROM orders_order")}
        missing = [
            token for story in crowd.witness.stories for token in story.tokens if token not in known
        ]
        result.numbers |= {"stops": stops, "back after s": round(max(backs), 1)}
        result.expect(not missing, f"{len(missing)} acknowledged orders are missing")
        result.expect(max(backs) <= 30, f"it took {max(backs):.0f} s to come back")
        close(rig, crowd, result, opening)


@drill("FD08", "the relay is killed around every fact, doubled, and away", essential=True)
def relay(stage: Stage, result: Result) -> None:
    with stage.shop("FD08") as rig:
        opening = stock_of(rig)
        crowd = Crowd(rig, seed=stage.seed)
        count = stage.size(14, 50)
        first, second = count // 2, count - count // 2
        rig.add("rest-2", "worker", deadly=RELAY_PLACES, queues=EVERYTHING_ELSE)
        rig.lifetime = (1.0, 4.0)
        with rig.deadly():
            crowd.run(crowd.plan(first, one_of(rig.goods())))
        result.numbers["kill -9"] = rig.deaths
        slots = [rig.rest(name) for name in ("rest", "rest-2", "beat")]
        crowd.run(crowd.plan(second, one_of(rig.goods())))
        rig.age(30)
        waited = rig.waiting().get("undelivered facts", 0)
        began = time.monotonic()
        for slot in slots:
            rig.resume(slot)
        while rig.waiting().get("undelivered facts") and time.monotonic() - began < 60:
            time.sleep(0.2)
        result.numbers |= {
            "facts that waited": waited,
            "caught up s": round(time.monotonic() - began, 1),
        }
        result.expect(time.monotonic() - began < 60, "the relay did not catch up within a minute")
        close(rig, crowd, result, opening)


@drill("FD43", "two schedulers at once, then none", essential=True)
def schedulers(stage: Stage, result: Result) -> None:
    with stage.shop("FD43") as rig:
        opening = stock_of(rig)
        rig.add_beat("beat-2")
        crowd = Crowd(rig, seed=stage.seed)
        crowd.run(crowd.plan(stage.size(8, 20), one_of(rig.goods()), [("never returns", 0.5)]))
        slots = [rig.rest(name) for name in ("beat", "beat-2")]
        crowd.run(crowd.plan(stage.size(6, 15), one_of(rig.goods()), [("never returns", 0.5)]))
        rig.age(60)
        for slot in slots:
            rig.resume(slot)
        close(rig, crowd, result, opening)
