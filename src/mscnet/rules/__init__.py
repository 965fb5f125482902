"""From rules to networks: patterns found in species, rules applied to them, until nothing new comes of it."""
