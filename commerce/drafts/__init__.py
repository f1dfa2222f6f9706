"""Orders that somebody of ours prepares for a shopper, such as on the phone, to be paid by a link.

Promises that a draft becomes at most one order, through the checkout that everybody
uses, and nothing once it has expired or was withdrawn.
"""
