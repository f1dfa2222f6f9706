"""The demo marketplace, loaded through the same engine that sellers use."""
