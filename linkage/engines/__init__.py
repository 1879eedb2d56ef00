"""Bulk linkage: on one machine, and under `spark` on a cluster."""
