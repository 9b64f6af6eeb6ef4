"""plugins list|check|new."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from aimak_gateway.cli import listing
from aimak_gateway.cli.connect import Api, connected
from aimak_gateway.cli.frame import VALIDATION, Failed, Ui, command
from aimak_gateway.cli.installation import OWNERS
from aimak_gateway.cli.nouns import noun


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = noun(app, "plugins", "Installed plugins, ours and others'.")

    @command(group, "list", lists=True)
    def listed(ui: Ui) -> None:
        """Every plugin with its kind and package, and those left out.  Example: aimak plugins list"""
        with connected(ui) as api:
            taken, refused = _ask(api)
        rows = [(row["kind"], row["code"], row["distribution"], row["version"]) for row in taken]
        data, columns = {"plugins": taken, "refused": refused}, ("kind", "code", "package", "version")
        listing.show(ui, data, columns, rows, after=[_left_out(ui, row) for row in refused])

    @command(group, "check")
    def check(ui: Ui) -> None:
        """Exit 5 and name every plugin that was left out, with the reason.  Example: aimak plugins check"""
        with connected(ui) as api:
            taken, refused = _ask(api)
        if refused:
            raise Failed(VALIDATION, [{"code": row["code"], "message": _left_out(ui, row)} for row in refused])
        ui.result({"plugins": len(taken), "refused": []}, [ui.word("ui.plugins_fine", count=len(taken))])

    @command(group, "new", changes=True)
    def new(
        ui: Ui,
        kind: Annotated[str, typer.Argument(help="service-type or rate-component.")],
        name: Annotated[str, typer.Argument(help="Its code: lower case letters, digits, _ and -.")],
        folder: Annotated[Path, typer.Option(help="Where the package's folder is made.")] = Path(),
    ) -> None:
        """Make a package that installs and is billed as it stands.  Example: aimak plugins new service-type parking"""
        from aimak_gateway.cli import scaffold

        made, files = scaffold.make(kind, name, folder, write=not ui.dry_run)
        written = [str(file) for file in files]
        ui.result({"folder": str(made), "files": written}, written, f"pip install -e {made}")


def _ask(api: Api) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    answers = [api.get(f"/{service}/plugins") for service in OWNERS]
    taken = [row for answer in answers for row in answer["plugins"]]
    return taken, [row for answer in answers for row in answer["refused"]]


def _left_out(ui: Ui, row: dict[str, Any]) -> str:
    return ui.word("ui.left_out", name=row["name"], package=row["distribution"], reason=row["reason"])
