"""People: users and their address books.

Owns users and addresses. Promises that a stored address follows the rules of
its country and that a person has at most one default of each kind. Publishes
and hears nothing.
"""
