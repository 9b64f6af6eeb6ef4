"""Alembic's entry: see aimak.storage.environment."""

from aimak.storage import environment

environment.run()
