"""The Celery application: `celery -A storefront worker`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "storefront.settings.dev")

app = Celery("stoa")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
