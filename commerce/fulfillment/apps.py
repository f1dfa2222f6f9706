from django.apps import AppConfig


class FulfillmentConfig(AppConfig):
    name = "commerce.fulfillment"
    label = "fulfillment"
    default_auto_field = "django.db.models.BigAutoField"
