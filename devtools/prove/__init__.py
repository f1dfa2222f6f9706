"""`make prove`: drills that break the running shop on purpose; what is lost is counted outside."""
