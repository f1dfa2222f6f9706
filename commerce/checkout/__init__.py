"""The process: reserve, quote, place, pay, then confirm or release."""
