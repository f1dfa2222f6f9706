"""The ASGI application."""

import os

from django.core.asgi import get_asgi_application

from .chosen_settings import require_settings

require_settings()
os.environ.setdefault("STOA_PROCESS", "web")

application = get_asgi_application()
