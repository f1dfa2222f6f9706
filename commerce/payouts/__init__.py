"""What each seller has earned and when it is sent."""
