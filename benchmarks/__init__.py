"""What mscnet costs, side by side with its peers: ``python -m benchmarks [--quick] [--json out.json]``.

Every benchmark prints figures and ratios and asserts nothing: machines differ.
"""
