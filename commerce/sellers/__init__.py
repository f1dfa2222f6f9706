"""Sellers, their members, applications and commission agreements. Publishes approvals and suspensions."""
