"""What tests make up: random valid mechanisms, and texts gone wrong."""
