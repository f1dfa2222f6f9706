"""People: users and their address book."""
