from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RunData:
    """What one comparison found."""

    id: int
    movements: int
    healed: int
    """What nobody had told us of, and is settled now."""
    breaks: int
