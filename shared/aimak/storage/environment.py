"""What each service's `migrations/env.py` calls."""

from __future__ import annotations

from alembic import context

from aimak.storage.database import Database


def run() -> None:
    """Run the migrations that Alembic asks for in one transaction on the database handed over by `migrate`."""
    database: Database = context.config.attributes["database"]
    connection = database.begin()
    try:
        context.configure(
            connection=connection,
            target_metadata=context.config.attributes["metadata"],
            transactional_ddl=False,
            render_as_batch=True,
        )
        context.run_migrations()
        if database.is_sqlite:
            connection.exec_driver_sql("COMMIT")
        else:
            connection.commit()
    except BaseException:
        if database.is_sqlite:
            connection.exec_driver_sql("ROLLBACK")
        raise
    finally:
        connection.close()
