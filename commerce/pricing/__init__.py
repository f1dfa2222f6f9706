"""Prices and taxes: what a variant costs and what is added by destination."""
