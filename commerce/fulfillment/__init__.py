"""Shipping methods, shipments and their delivery."""
