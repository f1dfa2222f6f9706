from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Account(models.Model):
    """Somewhere money can be: provider balance, a seller's payable, tax owed, commission."""

    code = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code", "currency"], name="one_account_per_code_and_currency"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.currency}"


class Journal(models.Model):
    """One business fact in money, booked once; sealed when its transaction commits."""

    business_key = models.CharField(max_length=160, unique=True)
    kind = models.CharField(max_length=40)
    memo = models.CharField(max_length=200, blank=True)
    posted_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["posted_at"], name="journals_by_time")]


class Entry(models.Model):
    """A debit (positive) or credit (negative) in minor units; append-only."""

    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="entries")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entries")
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount_minor=0), name="entry_moves_money")
        ]


class Seal(models.Model):
    """The digest of a day's journals and of the seal before; append-only."""

    day = models.DateField(primary_key=True)
    journals = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(db_default=Now())
