"""The master patient index: source records in, golden identities out."""
