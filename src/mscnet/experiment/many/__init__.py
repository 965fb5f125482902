"""Experiments performed in many rows at once, and in one row with its exact derivatives."""
