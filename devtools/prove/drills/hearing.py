"""Facts of one order, heard in their order and backwards: the end is the same."""

from __future__ import annotations

from collections import Counter

from devtools.prove.buyers import Buyer, Crowd, one_of
from devtools.prove.drill import Result, Stage, close, drill, stock_of
from devtools.prove.figures import arrivals, provider_charges
from devtools.prove.rig import Rig

_OF_ORDERS = """
WITH heard AS (
  SELECT e.id, e.occurred_at, d.delivered_at, coalesce((e.payload ->> 'order_id')::bigint,
    (SELECT p.order_id FROM orders_sellerorder p
     WHERE p.id = (e.payload ->> 'seller_order_id')::bigint)) AS order_id
  FROM outbox_delivery d JOIN outbox_event e ON e.id = d.event_id
  WHERE d.delivered_at IS NOT NULL)
"""
_OVERTAKEN = f"""{_OF_ORDERS}
SELECT count(*) FROM heard a WHERE EXISTS (
  SELECT 1 FROM heard b WHERE b.order_id = a.order_id AND b.id <> a.id
    AND b.occurred_at > a.occurred_at AND b.delivered_at < a.delivered_at)
"""
_ENDS = """
SELECT o.email, concat_ws(' / ', o.state,
  (SELECT string_agg(p.state, ',' ORDER BY p.state) FROM orders_sellerorder p
    WHERE p.order_id = o.id),
  (SELECT string_agg(concat(e.kind, ' ', e.amount_minor, ' ', e.deducted_minor, ' ',
      CASE WHEN e.available_at IS NULL THEN 'waits' ELSE 'released' END), ',' ORDER BY e.kind)
    FROM payouts_earning e JOIN orders_sellerorder p ON p.id = e.seller_order_id
    WHERE p.order_id = o.id),
  (SELECT string_agg(concat(d.kind, ' ', d.amount_minor), ',' ORDER BY d.kind, d.amount_minor)
    FROM payouts_deduction d JOIN orders_sellerorder p ON p.id = d.seller_order_id
    WHERE p.order_id = o.id),
  (SELECT string_agg(d.kind, ',' ORDER BY d.kind) FROM documents_document d
    WHERE d.order_id = o.id))
FROM orders_order o
"""


@drill("FD08", "the facts of an order, heard backwards, come to the same")
def backwards(stage: Stage, result: Result) -> None:
    with stage.shop("FD08-back") as rig:
        _both_ways(stage, result, rig)


@drill(
    "FD08", "control: without a look at what is true by now", red_by=("came to other ends", "heard")
)
def backwards_believed(stage: Stage, result: Result) -> None:
    with stage.shop("FD08-believe", without=("look at the present",)) as rig:
        _both_ways(stage, result, rig)


def _both_ways(stage: Stage, result: Result, rig: Rig) -> None:
    """Each order is paid, sent, delivered and partly paid back before anybody hears a word."""
    opening = stock_of(rig)
    workers = [rig.rest(name) for name in ("rest", "money", "beat")]
    good = rig.goods()[1]
    crowd = Crowd(rig, seed=stage.seed)
    count = stage.size(4, 12)
    ends: list[Counter[str]] = []
    for turn in (False, True):
        before = rig.sql(_OVERTAKEN)[0][0]
        known = {charge["id"] for charge in provider_charges(rig)}
        people = crowd.plan(count, one_of([good]))
        crowd.run(people)
        charges = [each["id"] for each in provider_charges(rig) if each["id"] not in known]
        rig.call("deliver_everything")
        rig.call("give_goodwill", charges=charges, bps=1000, key=f"turn-{turn}")
        heard = rig.call("hear", backwards=turn)
        overtaken = rig.sql(_OVERTAKEN)[0][0] - before
        name = "backwards" if turn else "in turn"
        result.numbers |= {f"heard {name}": heard, f"overtaken {name}": overtaken}
        ends.append(_ends(rig, people))
    result.expect(overtaken >= count, f"only {overtaken} facts were overtaken: nothing is proven")
    result.numbers["ends"] = len(set(ends[0]) | set(ends[1]))
    result.expect(ends[0] == ends[1], f"they came to other ends: {ends[1] - ends[0]}")
    for slot in workers:
        rig.resume(slot)
    close(rig, crowd, result, opening)
    subjects = [_subjects(rig, people) for people in _halves(crowd, count)]
    result.expect(subjects[0] == subjects[1], f"other mails came: {subjects}")


def _ends(rig: Rig, people: list[Buyer]) -> Counter[str]:
    emails = {buyer.story.email for buyer in people}
    return Counter(end for email, end in rig.sql(_ENDS) if email in emails)


def _halves(crowd: Crowd, count: int) -> list[set[str]]:
    emails = [story.email for story in crowd.witness.stories]
    return [set(emails[:count]), set(emails[count : 2 * count])]


def _subjects(rig: Rig, emails: set[str]) -> Counter[str]:
    """What was written to them, without the orders' numbers."""
    mails = {mail_id: (to, subject) for _, to, subject, mail_id in arrivals(rig)}
    return Counter(
        " ".join(word for word in subject.split() if not any(c.isdigit() for c in word))
        for to, subject in mails.values()
        if to in emails
    )
