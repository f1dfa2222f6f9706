"""Payment attempts, refunds and the provider's notices.

Owns what we asked of the provider and what it answered. Promises that an order
has at most one open attempt and one live payment, that no more goes back than
came in, and that a notice is stored before it is acted on.
Publishes RefundSucceeded, RefundFailed and RefundFound.
"""
