"""What every object of the double stands on: state, clock, money, events, delivery, faults."""
