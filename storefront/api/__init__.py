"""What other systems may ask and tell, as JSON. Refused to everybody without a key of their own."""
