"""The address the style guide has in development, for tests, where DEBUG is off."""

from django.urls import path

from storefront.styleguide import styleguide

urlpatterns = [path("styleguide/", styleguide)]
