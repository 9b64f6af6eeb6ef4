"""audit write-offs|old-debts: what left accounts without being paid, whose they are, and what grew too old."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from aimak.files import Column
from aimak.money import format_som

from aimak_gateway.cli import listing
from aimak_gateway.cli.brought import rows_of
from aimak_gateway.cli.connect import connected
from aimak_gateway.cli.frame import Ui, command
from aimak_gateway.cli.spans import Period, Since, Until

RELATIVES = (
    Column("account", required=True, max_length=64, aliases=("account number", "лицевой счёт", "л/с", "жеке эсеп")),
    Column("of", required=True, aliases=("whose", "чей", "кимдики")),
)


def add_write_offs(group: typer.Typer, columns: tuple[str, ...], told: Callable[..., list[list[Any]]]) -> None:
    """Add the commands; `columns` and `told` are those of the list of changes."""

    @command(group, "write-offs", lists=True)
    def write_offs(
        ui: Ui,
        period: Period = None,
        since: Since = None,
        until: Until = None,
        relatives: Annotated[
            Path | None, typer.Option(help="Accounts of relatives of staff and deputies: CSV or XLSX of account, of.")
        ] = None,
    ) -> None:
        """What left accounts without being paid: reason, act, approver, and whose relatives they are. The file of
        relatives is read beside the answer and kept nowhere.

        Example: aimak audit write-offs --from 2026-01-01 --to 2026-12-31 --relatives relatives.csv
        """
        known = {row["account"]: row["of"] for row in rows_of(relatives, *RELATIVES)} if relatives else {}
        with connected(ui) as api:
            answer = api.get("/billing/audit/write-offs", period=period, **{"from": since, "to": until})
        for change in answer["changes"]:
            change["relative_of"] = known.get(change["account"])
        rows, heads = told(ui, answer["changes"]), columns
        if relatives:
            heads = (*columns, "relative_of")
            rows = [[*row, change["relative_of"]] for row, change in zip(rows, answer["changes"], strict=True)]
        listing.show(ui, answer, heads, rows)

    @command(group, "old-debts", lists=True)
    def old_debts(ui: Ui, period: Period = None, since: Since = None, until: Until = None) -> None:
        """Debts older than three years, what of them became so in these days, and who last had the account in hand.

        Example: aimak audit old-debts --from 2026-01-01 --to 2026-12-31
        """
        with connected(ui) as api:
            answer = api.get("/billing/audit/old-debts", period=period, **{"from": since, "to": until})
        keys = ("account", "provider", "old_tyiyn", "fresh_tyiyn", "actor", "at")
        rows = [[row[key] for key in keys[:-1]] + [(row["at"] or "")[:10]] for row in answer["debts"]]
        sums = {key: format_som(answer[f"{key}_tyiyn"]) for key in ("old", "fresh")}
        heads = ("account", "provider", "old:som", "fresh:som", "actor", "date")
        listing.show(ui, answer, heads, rows, after=["", ui.word("ui.old_debts", **sums)])
