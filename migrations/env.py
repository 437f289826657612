"""Runs migrations on the connection that `earlyhelp.records.migrate` opened, in its transaction."""

from alembic import context

from earlyhelp.records.migrate import METADATA, is_compared, rendered_item

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=True,
    render_item=rendered_item,
    include_object=is_compared,
    compare_type=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
