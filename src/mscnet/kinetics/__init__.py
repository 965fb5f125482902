"""From a network to numbers and symbols: rate systems for integrators, rate equations for people."""
