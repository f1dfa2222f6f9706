"""Carts and their lines."""
