"""Clerical review: drawing pairs for a person to look at, the sheet they come on, and the answers on it."""
