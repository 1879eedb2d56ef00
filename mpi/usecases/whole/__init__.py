"""Work over the whole index at once: the bulk load, settling anew, and the check of everything."""
