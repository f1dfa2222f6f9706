"""Payments, refunds and the log of provider events. Knows orders only by reference."""
