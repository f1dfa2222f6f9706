"""Benchmarks: `make bench`. Ratios inside one run count; absolute figures move with the machine."""
