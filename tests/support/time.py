"""Letting time pass for what waits in the database."""

from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F

from commerce.orders.models import Order
from commerce.payments.models import Payment


def pass_minutes(minutes: float) -> None:
    """Make all orders and the next look at their payments that much older.

    What was agreed is fixed, so the guards sleep meanwhile.
    """
    age = timedelta(minutes=minutes)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Payment.objects.exclude(check_at=None).update(check_at=F("check_at") - age)
        Order.objects.update(placed_at=F("placed_at") - age)
        cursor.execute("SET LOCAL session_replication_role = origin")
