"""Inference: constants fitted to data and facts, how sure they are, which pathway holds, what would decide."""
