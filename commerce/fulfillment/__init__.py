"""Ways to send, parcels and their delivery.

Owns carriers, shipping methods and shipments. Promises that a parcel belongs
to the seller of its order and that no more is packed than was ordered.
Publishes when a parcel leaves and arrives; hears nothing.
"""
