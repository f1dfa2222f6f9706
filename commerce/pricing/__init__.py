"""Prices, tax rates, and the arithmetic of a quote.

Promises: prices are net of tax and change at once, every price a variant ever had is
kept, and a quote's total is the sum of its rounded parts. Publishes `PricesChanged`.
Hears nothing.
"""
