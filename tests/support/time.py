"""Letting time pass for what waits in the database."""

import time
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F

from commerce.inventory.models import Reservation
from commerce.orders.models import Order
from commerce.payments.models import Payment, PaymentMove

NEAR_MIDNIGHT = 20.0


def let_midnight_pass() -> None:
    """Wait for the new day in UTC when it is about to begin."""
    left = 86_400 - time.time() % 86_400
    if left < NEAR_MIDNIGHT:
        time.sleep(left)


def pass_minutes(minutes: float) -> None:
    """Make all orders, their holds and their payments' moves and next looks that much older.

    What was agreed is fixed, so the guards sleep meanwhile.
    """
    age = timedelta(minutes=minutes)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Payment.objects.exclude(check_at=None).update(check_at=F("check_at") - age)
        PaymentMove.objects.update(at=F("at") - age)
        Order.objects.update(placed_at=F("placed_at") - age)
        Reservation.objects.update(
            created_at=F("created_at") - age, expires_at=F("expires_at") - age
        )
        cursor.execute("SET LOCAL session_replication_role = origin")


def close_pages_earlier(minutes: float) -> None:
    """Let payment pages close that much earlier: only for keys that the provider has not seen."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Payment.objects.update(expires_at=F("expires_at") - timedelta(minutes=minutes))
        cursor.execute("SET LOCAL session_replication_role = origin")
