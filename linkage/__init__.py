"""Probabilistic record linkage for people: standardise, block, compare, weigh, partition, explain.

    from linkage.tables.reading import read
    from linkage.people import people

    linker = people(read(Path("patients.csv")).table)
    linker.pairs, linker.clusters, linker.explain("17", "42")

Nothing is imported here: the compiled kernel takes a moment to load.
"""
