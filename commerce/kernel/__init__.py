"""Money, tokens and the clock: what every module counts on and what knows none of them."""
