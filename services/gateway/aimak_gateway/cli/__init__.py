"""The command line: `aimak NOUN VERB`."""

from aimak_gateway.cli.app import main

__all__ = ["main"]
