"""One flat row per product, language and currency: listings, rails and search read only this.

Computed from what catalog, pricing, inventory and sellers say, never authoritative:
product page and cart ask `offers`. Hears their facts and `OrderConfirmed`, publishes
nothing, and is rebuilt by `rebuild_discovery` while the shop serves.
"""
