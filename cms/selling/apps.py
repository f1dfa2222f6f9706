from django.apps import AppConfig


class SellingConfig(AppConfig):
    name = "cms.selling"
    label = "selling"
    default_auto_field = "django.db.models.BigAutoField"
