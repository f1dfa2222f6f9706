from django.apps import AppConfig


class SellersConfig(AppConfig):
    name = "commerce.sellers"
    label = "sellers"
    default_auto_field = "django.db.models.BigAutoField"
