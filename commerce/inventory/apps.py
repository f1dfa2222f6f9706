from django.apps import AppConfig
from django.core.checks import Tags, register


class InventoryConfig(AppConfig):
    name = "commerce.inventory"
    label = "inventory"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks

        register(checks.older_processes_know_no_holds, Tags.database)
