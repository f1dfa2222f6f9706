"""Carts and their lines.

Promises: a click is never lost or counted twice, a limit is explained, a guest's cart
lives thirty days from its last change and joins the person's at sign-in. Holds stock only of
SKUs whose seller wants that; otherwise holding begins with the checkout. Publishes and
hears nothing.
"""
