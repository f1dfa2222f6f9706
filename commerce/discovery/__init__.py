"""One flat row per product: listings, categories and search read only this."""
