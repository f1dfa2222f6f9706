"""`make prove`: drills that break the running shop on purpose, and count from outside what is lost."""
