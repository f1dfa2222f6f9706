from importlib import import_module

from django.apps import AppConfig


class GiftCardsConfig(AppConfig):
    name = "commerce.giftcards"
    label = "giftcards"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module(f"{self.name}.tasks")  # so that they can be started by name
