"""Gift cards that shoppers buy: asked for, paid at the provider, sent on their day, given back.

Owns the purchases. Promises one payment and one card per purchase, that money which
came and made no card goes back, that the code is told to the recipient alone, and that what
is given back is exactly what was left on the card, which is void from then on.
Publishes GiftCardBought, GiftCardDue and GiftCardReaddressed; hears of disputes and of refunds
made elsewhere.
"""
