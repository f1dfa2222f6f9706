"""The cheapest Django view there is, served like the shop: what the framework itself costs."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
)


def hello(request: HttpRequest) -> HttpResponse:
    """Open to everyone; holds nothing."""
    return HttpResponse("hello")


urlpatterns = [path("", hello)]
application = get_wsgi_application()
