"""From evidence to golden identities: weigh, settle, apply, and put a person together again."""
