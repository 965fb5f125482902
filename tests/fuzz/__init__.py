"""The language under fire: programs of every kind and damaged texts, at any number, through every form of `check`."""
