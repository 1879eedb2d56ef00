"""Bulk linkage on one machine."""
