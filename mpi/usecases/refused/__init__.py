"""What arrived wrong: kept, counted, laid open, mended in a copy and taken in again."""
