"""Properties that hold for every valid mechanism, and for every text."""
