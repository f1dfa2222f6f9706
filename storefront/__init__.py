"""HTTP and the Django project. Composes what cms and commerce offer; decides nothing."""

from .celery import app as celery_app

__all__ = ["celery_app"]
