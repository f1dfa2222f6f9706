from django.apps import AppConfig


class BridgeConfig(AppConfig):
    name = "cms.bridge"
    label = "bridge"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import receivers  # noqa: F401
