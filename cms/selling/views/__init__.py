"""Screens of sellers in the admin; each needs a seller and shows that seller's own."""
