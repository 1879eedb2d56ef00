"""What the index does for its callers: one transaction each, read top to bottom."""
