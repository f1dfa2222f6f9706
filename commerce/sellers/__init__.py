"""Sellers, their members, applications and commission agreements."""
