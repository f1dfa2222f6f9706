"""Sellers, their people, applications and commission agreements.

Promises that a name is borne once, that an application is decided once and
that what was agreed about commission is never rewritten. Publishes what
happens to applications, sellers, members and connected accounts; hears nothing.
"""
