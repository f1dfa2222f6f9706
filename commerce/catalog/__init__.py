"""Products, their variants (SKUs), and what live pages say of them (listings).

Promises: a SKU belongs to one product for good; a product to one seller; a listing
is what its page said when it was published. Publishes `ListingPublished`,
`ListingWithdrawn`, `ProductChanged`, `ProductArchived`. Hears nothing.
"""
