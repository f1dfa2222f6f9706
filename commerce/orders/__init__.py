"""Orders, their sellers' parts and lines: snapshots of what was agreed.

Promises that amounts never change after placing, that states move only along
the allowed graph with one event each, and that a confirmed order is paid.
Publishes OrderPlaced, OrderConfirmed, OrderCanceled and SellerOrderMoved.
"""
