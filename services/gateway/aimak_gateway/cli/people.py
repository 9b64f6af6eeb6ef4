"""login, user add|list|change|remove."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer
from aimak.problems import Problem, Refused
from aimak.settings import NO_TENANT, Settings

from aimak_gateway.cli import listing
from aimak_gateway.cli.brought import existing
from aimak_gateway.cli.connect import connected, write_session
from aimak_gateway.cli.frame import USAGE, Failed, Ui, command, roles_spoken
from aimak_gateway.cli.nouns import noun

Name = Annotated[str, typer.Argument(help="Name of the person.")]
PasswordFile = Annotated[
    Path | None, typer.Option(help="A file with the password (else AIMAK_PASSWORD, else asked for).")
]


def ask_password(ui: Ui, file: Path | None) -> str:
    """A password from a file, the environment, or the keyboard; never from an argument, which others can see."""
    if file is not None:
        return existing(file).read_text().strip()
    given = os.environ.get("AIMAK_PASSWORD")
    if given:
        return given
    if not sys.stdin.isatty():
        raise Refused(Problem("AIM-G024"))
    return str(typer.prompt(ui.word("ui.password"), hide_input=True, err=True))


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @command(app, "login", changes=True)
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
        if not ui.dry_run:
            write_session(Settings.load(), answer)
        shown = {key: answer[key] for key in ("name", "roles", "tenant")}
        ui.result(shown, [ui.word("ui.logged_in", name=name, roles=roles_spoken(ui, answer["roles"]))])
        if answer["tenant"] == NO_TENANT:
            ui.note(ui.word("ui.no_tenant", name=name))

    users = noun(app, "user", "People who may log in.")

    @command(users, "add", changes=True)
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
        ui.result(answer, [f"{name}: {roles_spoken(ui, role)}"])

    _list(users)
    _changes(users)


def _list(users: typer.Typer) -> None:
    @command(users, "list", lists=True)
    def listed(ui: Ui) -> None:
        """Everyone who may log in, and who no longer may.  Example: aimak user list"""
        with connected(ui) as api:
            people = api.get("/gateway/people")["people"]
        rows = [
            (
                person["name"],
                roles_spoken(ui, person["roles"]),
                ", ".join(ui.word("ui.everywhere") if code == "*" else code for code in person["tenants"]),
                "" if person["active"] else ui.word("ui.removed"),
            )
            for person in people
        ]
        listing.show(ui, people, ("name", "roles", "tenants", "state"), rows)


def _changes(users: typer.Typer) -> None:
    @command(users, "change", changes=True)
    def change(
        ui: Ui,
        name: Name,
        role: Annotated[list[str] | None, typer.Option(help="The roles from now on, instead of those before.")] = None,
        password: Annotated[bool, typer.Option("--password", help="Set a new password.")] = False,
        password_file: PasswordFile = None,
        back: Annotated[bool, typer.Option("--back", help="Let in again who was removed.")] = False,
    ) -> None:
        """Change someone's roles or password.  Example: aimak user change bakyt --role approver --role clerk"""
        if not (role or password or password_file or back):
            raise Failed(USAGE, [ui.problem(Problem("AIM-G015"))])
        body: dict[str, object] = {"roles": role} if role else {}
        if password or password_file:
            body["password"] = ask_password(ui, password_file)
        if back:
            body["active"] = True
        _change(ui, name, body)

    @command(users, "remove", changes=True)
    def remove(ui: Ui, name: Name) -> None:
        """Let someone in no more; the name stays in every journal.  Example: aimak user remove bakyt"""
        _change(ui, name, {"active": False})


def _change(ui: Ui, name: str, body: dict[str, object]) -> None:
    with connected(ui) as api:
        person = api.post(f"/gateway/people/{quote(name, safe='')}", body)
    state = "" if person["active"] else f" ({ui.word('ui.removed')})"
    ui.result(person, [f"{name}: {roles_spoken(ui, person['roles'])}{state}"])
