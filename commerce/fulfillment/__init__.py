"""Ways to send, labels, parcels and their way.

Owns carriers, zones, shipping methods, remembered prices, pick-up points, labels,
shipments and what carriers say of them. Promises that a parcel belongs to the seller
of its order, that no more is packed or labeled than was ordered, that a label is
bought once, and that a promised day stays. Publishes when a parcel leaves and
arrives and when a label is bought or given back; hears that a seller exists.
"""
