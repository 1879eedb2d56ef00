"""Who is told of identity changes, and what is still owed to them."""
