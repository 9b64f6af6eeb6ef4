"""Alembic's entry."""

from aimak.storage import environment

environment.run()
