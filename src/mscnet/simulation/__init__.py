"""Integration: a mechanism and a span of time become a trajectory.

`simulate` reads the settings, `methods` holds the integrators, `loop` steps whichever was picked.
"""
