"""Stock per location, its movements, and the reservations that hold it for a checkout.

Promises: no more is promised than exists, a hold ends once and within an hour, and
every change of a count says who and why; the database holds all three. Publishes
`StockChanged` when a shelf empties, fills or is counted. Hears nothing.
"""
