"""What the web leaves behind and nobody asks for any more."""

from importlib import import_module

from celery import shared_task
from django.conf import settings
from django.db import connection

from . import unlocking


@shared_task
def forget_expired(**_: object) -> None:
    """Delete sessions and counts of tries whose time is over; beat runs this daily."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM limits_without_redis WHERE expires < now()")


@shared_task
def mail_unlock_link(*, email: str, lock: str, **_: object) -> None:
    """Tell the account of an address, if there is one, how to get in again."""
    unlocking.mail_link(email=email, lock=lock)
