"""The matching model: the one in force, proposals of others, and their roll-out."""
