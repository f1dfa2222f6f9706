"""The WSGI application."""

import os

from django.core.wsgi import get_wsgi_application

from .chosen_settings import require_settings

require_settings()
os.environ.setdefault("STOA_PROCESS", "web")

application = get_wsgi_application()
