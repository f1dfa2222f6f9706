"""Publishing pages into commerce: what goes live becomes a listing, what goes away withdraws it.

Nothing but this package writes listings. Signals of Wagtail start it; a nightly
reconciliation finds what a crash between a save and its signal left behind.
"""
