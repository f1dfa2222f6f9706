"""Stock per location, its movements, and the reservations that hold it for a checkout."""
