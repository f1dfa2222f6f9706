"""Double entry: accounts, journals, entries. Every journal sums to zero in each currency and never changes."""
