from django.db import models

from .rights import RIGHTS


class StaffRights(models.Model):
    """No table: a place for what the marketplace's people may do, shown with groups."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = tuple(RIGHTS.items())
        verbose_name = "marketplace"
