"""Addresses that exist in development only."""

from django.conf import settings
from django.conf.urls.static import static
from django.urls import path

from . import mailbox_views

urlpatterns = [
    path("dev/mail/", mailbox_views.index, name="dev-mailbox"),
    path("dev/mail/empty/", mailbox_views.empty, name="dev-mailbox-empty"),
    path("dev/mail/<slug:mail_id>/", mailbox_views.show, name="dev-mail"),
    path("dev/mail/<slug:mail_id>/html/", mailbox_views.frame, name="dev-mail-html"),
    path("dev/mail/<slug:mail_id>/source/", mailbox_views.source, name="dev-mail-source"),
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]
