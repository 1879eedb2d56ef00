"""Ask who somebody is, by number, by name or by likeness; every look is audited."""
