"""Benchmarks of the whole window: `make bench` prints JSON. Times drift with the machine; statements and ratios do not."""
