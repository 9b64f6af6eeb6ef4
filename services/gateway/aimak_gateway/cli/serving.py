"""aimak serve: everything in one process until stopped."""

from __future__ import annotations

import signal
import sys
import threading
from typing import Annotated, Any

import typer
from aimak.problems import Problem, Refused
from aimak.settings import Settings

from aimak_gateway.cli.frame import Ui, command

THREADS = 16


def register(app: typer.Typer) -> None:
    """Add the command."""

    @command(app, "serve")
    def serve(
        ui: Ui,
        host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
        port: Annotated[int, typer.Option(help="Port; 0 takes a free one.")] = 8470,
    ) -> None:
        """Everything in one process until stopped (Ctrl+C).  Example: aimak serve --port 8470"""
        from aimak.supervisor.supervisor import raise_file_limit

        from aimak_gateway import log
        from aimak_gateway.embedded import begun

        raise_file_limit()
        settings = Settings.load()
        with log.kept(settings.data_dir, ui.debug), begun(settings) as runtime:
            server = _listening(runtime.app, host, port)
            address = f"http://{host}:{server.effective_port}"
            runtime.ownership.announce(address)
            ui.result({"address": address}, [ui.word("ui.serving", address=address)])
            # Into a pipe or a log it would else be seen when all is over.
            sys.stdout.flush()
            _until_stopped(server)


def _listening(web: Any, host: str, port: int) -> Any:
    """The server on its address. Raises Refused where that is taken, or none of this machine's."""
    from waitress import create_server  # type: ignore[import-untyped]

    try:
        return create_server(
            web, host=host, port=port, threads=THREADS, asyncore_use_poll=True, connection_limit=20_000
        )
    except OSError as taken:
        raise Refused(Problem("AIM-G092", {"host": host, "port": port})) from taken


def _until_stopped(server: Any) -> None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    thread = threading.Thread(target=server.run, name="http", daemon=True)
    thread.start()
    stop.wait()
    server.close()
