"""Money: whole minor units with a currency, never a float."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

# ISO 4217 currencies whose minor unit is not a hundredth.
_EXPONENTS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0,
    "RWF": 0, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3, "CLF": 4, "UYW": 4,
}  # fmt: skip


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies were added or compared."""


def exponent(currency: str) -> int:
    """Return the number of decimals of a currency (ISO 4217)."""
    return _EXPONENTS.get(currency, 2)


@dataclass(frozen=True, order=False)
class Money:
    """An amount in minor units (cents for USD) of one currency."""

    minor: int
    currency: str

    @classmethod
    def zero(cls, currency: str) -> "Money":
        return cls(0, currency)

    @classmethod
    def of(cls, amount: Decimal | str, currency: str) -> "Money":
        """Read a decimal amount such as "12.50". Raises ValueError for too many decimals."""
        scaled = Decimal(amount).scaleb(exponent(currency))
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{amount} has more decimals than {currency} allows")
        return cls(int(scaled), currency)

    @property
    def decimal(self) -> Decimal:
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.minor * times, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: "Money") -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{self.decimal:,.{exponent(self.currency)}f} {self.currency}"


def share(minor: int, *, basis_points: int) -> int:
    """Return a rate (1/100 of a percent) of an amount, halves rounded to even."""
    exact = Decimal(minor) * basis_points / 10_000
    return int(exact.to_integral_value(rounding=ROUND_HALF_EVEN))


def included_share(minor: int, *, basis_points: int) -> int:
    """Return how much of an amount is a rate that it contains already, halves rounded to even.

    119 contains 19 at 19 percent: the amount times rate, divided by one and the rate.
    """
    whole, rest = divmod(
        2 * minor * basis_points + 10_000 + basis_points, 2 * (10_000 + basis_points)
    )
    return whole - 1 if rest == 0 and whole % 2 else whole


def split(minor: int, *, weights: Sequence[int]) -> list[int]:
    """Split an amount by weights so that the parts sum to it exactly.

    Largest-remainder method (Hamilton): floors first, then one unit each to
    the largest remainders, earlier parts first on a tie. Raises ValueError
    when the weights are negative or sum to zero while there is money to split.
    """
    total = sum(weights)
    if any(weight < 0 for weight in weights) or (total == 0 and minor != 0):
        raise ValueError("weights must be positive to split money")
    if total == 0:
        return [0] * len(weights)
    sign = -1 if minor < 0 else 1
    parts = [abs(minor) * weight // total for weight in weights]
    remainders = [abs(minor) * weight % total for weight in weights]
    left = abs(minor) - sum(parts)
    for index in sorted(range(len(weights)), key=lambda i: (-remainders[i], i))[:left]:
        parts[index] += 1
    return [sign * part for part in parts]
