from django.apps import AppConfig


class StorefrontConfig(AppConfig):
    name = "storefront"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from storefront import privileged  # noqa: F401 - both connect on import
        from storefront.shop import receivers  # noqa: F401
