"""Draft a service's next migration from the difference between its metadata and its scripts.

    .venv/bin/python tools/draft_migration.py billing "Add the street register"

Read the draft before you keep it; triggers of append-only tables are added at its end.
"""

from __future__ import annotations

import importlib
import sys
import tempfile

from aimak.settings import Settings
from aimak.storage import guards, migrate
from alembic import command


def main(name: str, message: str) -> None:
    """Write migrations/versions/NNNN_message.py of the service `name`."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings({"data_dir": folder, "auth.secret": "-" * 32})
        service = importlib.import_module(f"aimak_{name}.bootstrap").build(settings)
        config = migrate.config(service, service.online)
        known = migrate.head(service)
        if known:
            command.upgrade(config, "head")
        number = f"{int(known or 0) + 1:04d}"
        slug = "_".join(message.lower().split())
        config.set_main_option("file_template", f"{number}_{slug}")
        made = command.revision(config, message, autogenerate=True, rev_id=number)
    assert made is not None and not isinstance(made, list)
    with open(made.path, "a") as script:
        for table in guards.guarded(service.metadata):
            keys = tuple(column.name for column in table.primary_key)
            script.write(f"    guards.create(op.get_bind(), {table.name!r}, {keys!r})\n")
    print(made.path)


if __name__ == "__main__":
    main(*sys.argv[1:])
