from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.fulfillment.calendars import public_holidays
from commerce.fulfillment.promises import Plan, kept, leaves_on, promised, ready

NEW_YORK = ZoneInfo("America/New_York")
SHOP = Plan(country="US", time_zone="America/New_York", handling_days=1, cutoff=time(14))

ZONES = st.sampled_from(
    [
        "America/New_York", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kolkata",
        "Australia/Lord_Howe", "America/Havana", "Asia/Beirut", "Pacific/Auckland", "UTC",
    ]
)  # fmt: skip
MOMENTS = st.datetimes(datetime(2015, 1, 1), datetime(2032, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
PLANS = st.builds(
    Plan,
    country=st.sampled_from(["US", "DE", "JP", "BR", "IN", "XX"]),
    time_zone=ZONES,
    handling_days=st.integers(0, 5),
    cutoff=st.times(),
    working_days=st.frozensets(st.integers(0, 6), min_size=1),
    closed_days=st.frozensets(st.dates(date(2015, 1, 1), date(2032, 12, 31)), max_size=5),
)
DAYS = st.tuples(st.integers(0, 10), st.integers(0, 20))
COUNTRIES = st.sampled_from(["US", "DE", "JP", "GB", "IL", "XX"])


def promise(at, plan=SHOP, days=(3, 5), destination="US"):
    return promised(
        ordered_at=at, plan=plan, days=days, destination=destination, holidays=public_holidays
    )


@given(at=MOMENTS, plan=PLANS, days=DAYS, destination=COUNTRIES)
def test_nothing_is_promised_for_a_weekend_or_a_holiday(at, plan, days, destination):
    given_ = promise(at, plan, days, destination)
    for day in (given_.first, given_.last):
        assert day.weekday() < 5
        assert day not in public_holidays(destination)
    assert given_.first <= given_.last


@given(at=MOMENTS, later=st.timedeltas(timedelta(0), timedelta(days=4)), plan=PLANS, days=DAYS)
def test_who_orders_later_is_never_promised_an_earlier_day(at, later, plan, days):
    one, other = promise(at, plan, days), promise(at + later, plan, days)
    assert one.first <= other.first
    assert one.last <= other.last


@given(at=MOMENTS, plan=PLANS)
def test_a_parcel_leaves_on_a_day_on_which_the_seller_works(at, plan):
    day = leaves_on(ordered_at=at, plan=plan, holidays=public_holidays)
    assert day.weekday() in plan.working_days
    assert day not in plan.closed_days
    assert day not in public_holidays(plan.country)
    assert day >= at.astimezone(ZoneInfo(plan.time_zone)).date()


@given(at=MOMENTS, plan=PLANS, days=DAYS)
def test_a_store_is_open_on_the_days_of_pick_up(at, plan, days):
    given_ = ready(ordered_at=at, plan=plan, days=days, holidays=public_holidays)
    for day in (given_.first, given_.last):
        assert day.weekday() in plan.working_days
        assert day not in public_holidays(plan.country)


@pytest.mark.parametrize(
    ("ordered_at", "leaves"),
    [
        (datetime(2026, 11, 18, 13, 59, tzinfo=NEW_YORK), date(2026, 11, 19)),
        (datetime(2026, 11, 18, 14, 0, tzinfo=NEW_YORK), date(2026, 11, 20)),
        (datetime(2026, 11, 20, 15, 0, tzinfo=NEW_YORK), date(2026, 11, 24)),  # Friday, too late
        (datetime(2026, 11, 25, 9, 0, tzinfo=NEW_YORK), date(2026, 11, 27)),  # over Thanksgiving
        (datetime(2028, 2, 28, 9, 0, tzinfo=NEW_YORK), date(2028, 2, 29)),  # a leap day
    ],
)
def test_the_cut_off_weekends_holidays_and_leap_days_are_kept(ordered_at, leaves):
    at = ordered_at.astimezone(UTC)
    assert leaves_on(ordered_at=at, plan=SHOP, holidays=public_holidays) == leaves


def test_the_hour_that_comes_twice_stays_in_order():
    """On November 1 the clocks of New York go from 1:59 back to 1:00."""
    night = Plan(time_zone="America/New_York", cutoff=time(1, 30), working_days=frozenset(range(7)))
    first_140 = datetime(2026, 11, 1, 5, 40, tzinfo=UTC)
    second_110 = datetime(2026, 11, 1, 6, 10, tzinfo=UTC)
    assert promise(first_140, night).first <= promise(second_110, night).first


def test_the_cut_off_is_in_the_sellers_time_zone():
    at = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)  # 10:00 in New York, 16:00 in Berlin
    berlin = Plan(country="DE", time_zone="Europe/Berlin", cutoff=time(14))
    assert leaves_on(ordered_at=at, plan=SHOP, holidays=public_holidays) == date(2026, 11, 19)
    assert leaves_on(ordered_at=at, plan=berlin, holidays=public_holidays) == date(2026, 11, 20)


def test_holidays_of_the_place_it_goes_to_count():
    at = datetime(2026, 12, 22, 12, 0, tzinfo=UTC)
    assert promise(at, days=(1, 1), destination="US").first == date(2026, 12, 24)
    assert promise(at, days=(2, 2), destination="DE").first == date(2026, 12, 28)


@pytest.mark.parametrize("method", [{}, {"promised_from": None, "promised_to": "2026-11-20"}])
def test_an_order_without_a_promise_has_none(method):
    assert kept(method) is None
