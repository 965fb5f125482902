"""From what was done at the bench to what was seen: protocols and their ledger, spectra, data files, facts."""
