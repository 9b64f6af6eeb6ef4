"""login, user add, user list."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from aimak.problems import Problem, Refused
from aimak.settings import Settings

from aimak_gateway.cli.connect import connected, write_session
from aimak_gateway.cli.frame import Ui, command, table
from aimak_gateway.cli.nouns import noun

PasswordFile = Annotated[
    Path | None, typer.Option(help="A file with the password (else AIMAK_PASSWORD, else asked for).")
]


def ask_password(ui: Ui, file: Path | None) -> str:
    """A password from a file, the environment, or the keyboard; never from an argument, which others can see."""
    if file is not None:
        if not file.is_file():
            raise Refused(Problem("AIM-G020", {"file": str(file)}))
        return file.read_text().strip()
    given = os.environ.get("AIMAK_PASSWORD")
    if given:
        return given
    if not sys.stdin.isatty():
        raise Refused(Problem("AIM-G024"))
    return str(typer.prompt(ui.word("ui.password"), hide_input=True, err=True))


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @command(app, "login")
    def login(
        ui: Ui,
        name: Annotated[str, typer.Argument(help="Your name in Aimak.")],
        tenant: Annotated[str | None, typer.Option(help="Municipality, where there are several.")] = None,
        password_file: PasswordFile = None,
    ) -> None:
        """Log in; the session lasts twelve hours.  Example: aimak login ayna"""
        body = {"name": name, "password": ask_password(ui, password_file), "tenant": tenant}
        with connected(ui) as api:
            answer = api.post("/gateway/login", body)
        write_session(Settings.load(), answer)
        shown = {key: answer[key] for key in ("name", "roles", "tenant")}
        ui.result(shown, [ui.word("ui.logged_in", name=name, roles=", ".join(answer["roles"]))])

    users = noun(app, "user", "People who may log in.")

    @command(users, "add")
    def add(
        ui: Ui,
        name: Annotated[str, typer.Argument(help="Name, as it will stand in every journal.")],
        role: Annotated[list[str], typer.Option(help="clerk, approver, admin, inspector; may be given twice.")],
        password_file: PasswordFile = None,
    ) -> None:
        """Let someone in.  Example: aimak user add bakyt --role approver --password-file bakyt.txt"""
        body = {"name": name, "roles": role, "password": ask_password(ui, password_file)}
        with connected(ui) as api:
            answer = api.post("/gateway/people", body)
        ui.result(answer, [f"{name}: {', '.join(role)}"])

    @command(users, "list")
    def listed(ui: Ui) -> None:
        """Everyone who may log in.  Example: aimak user list"""
        with connected(ui) as api:
            people = api.get("/gateway/people")["people"]
        rows = [(person["name"], ", ".join(person["roles"]), ", ".join(person["tenants"])) for person in people]
        ui.result(people, table(rows, (ui.word("ui.name"), ui.word("ui.roles"), ui.word("ui.tenants"))))
