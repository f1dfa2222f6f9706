from django.db import models

from .rights import RIGHTS


class StaffRights(models.Model):
    """No table: a place for what the marketplace's people may do, shown with groups."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = tuple(RIGHTS.items())
        verbose_name = "marketplace"


class Alarm(models.Model):
    """What of one kind the marketplace's people were told last, so that news are told once."""

    kind = models.CharField(max_length=20, unique=True)
    known = models.JSONField(default=list, help_text="What there was when it was told.")
    mailed_at = models.DateTimeField(null=True)
