"""Orders and seller orders: snapshots of what was bought, moved along one state machine."""
