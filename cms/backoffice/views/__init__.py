"""Screens of the marketplace's people; each names the right it needs."""
