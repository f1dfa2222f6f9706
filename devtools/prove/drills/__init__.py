"""All drills; importing them registers them in the order in which they run."""

from . import death  # noqa: F401
