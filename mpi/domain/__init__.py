"""The index's pure rules: no framework, no clock, no database."""
