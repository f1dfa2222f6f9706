from importlib import import_module

from django.apps import AppConfig


class ReconcilingConfig(AppConfig):
    name = "commerce.reconciling"
    label = "reconciling"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module(f"{self.name}.tasks")  # so that they can be started by name
