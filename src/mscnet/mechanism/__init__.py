"""The domain objects, the expression tree and units: what every other room speaks in."""
