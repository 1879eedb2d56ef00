"""The native HTTP API: JSON in, JSON or problem+json out. It translates; the use cases decide."""
