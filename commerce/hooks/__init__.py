"""Sellers' own systems: keys by which they call us, and addresses at which we call them.

Promises: a key is shown once and kept as a hash; what changes in a seller's stock is told
to its addresses, signed and at least once, with growing pauses for days, and every try is
on record. Publishes `EndpointDisabled`. Hears that stock changed and that orders are paid.
"""
