"""Run migrations on the connection that `mpi.db.migrate` hands over."""

from alembic import context

from mpi.db.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
