"""What can be bought now and for how much, else why not. Reads only, no tables."""
