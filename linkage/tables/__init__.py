"""Person records as tables: which column means what, and reading them."""
