"""Probabilistic record linkage for people: standardise, block, compare, weigh, partition, explain."""
