"""What can be bought now and for how much, else why not. Reads only, no tables.

The one place that decides whether something is for sale; four statements for any
number of variants.
"""
