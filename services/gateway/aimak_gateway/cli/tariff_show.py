"""tariff show: a tariff as people read it, version by version, the newest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aimak_gateway.cli.frame import Ui, table

_SAID = ("body", "number", "date", "ground")


def shown(ui: Ui, answer: Mapping[str, Any]) -> list[str]:
    """Whose it is and from when, for whom, prices net and gross, norms, grounds, and how it came."""
    lines: list[str] = []
    for version in answer["versions"]:
        lines += [*_version(ui, answer, version), ""]
    return lines[:-1]


def _version(ui: Ui, answer: Mapping[str, Any], version: Mapping[str, Any]) -> Iterator[str]:
    name, state = f"{answer['code']}@{version['valid_from']}", ui.word(f"ui.tariff.{version['state']}")
    sheet = version.get("sheet")
    if sheet is None:
        yield f"{name}: {state}"
    else:
        yield f"{name}: {sheet['title']}"
        yield f"{sheet['since']} · {state} · {sheet['provider']}"
        yield from (f"{head}: {text}" for head, text in sheet["facts"])
        yield from _prices(sheet)
        yield from _pairs(sheet["heads"]["norms"], sheet["norms"])
        yield from _pairs(sheet["heads"]["papers"], sheet["papers"])
    yield from ["", *_steps(ui, version["steps"])]


def _prices(sheet: Mapping[str, Any]) -> Iterator[str]:
    heads, som = sheet["heads"], sheet["heads"]["som"].lower()
    rows = [[row["label"], row["net"], row["tax"], row["gross"], row["unit"]] for row in sheet["prices"]]
    titles = [heads["prices"], *(f"{heads[name]}, {som}" for name in ("net", "tax", "gross")), ""]
    titles[2] = heads["tax"]
    yield from ["", *table(rows, titles, (1, 2, 3))] if rows else ()
    yield from sheet["rules"]


def _pairs(head: str, pairs: list[list[str]]) -> Iterator[str]:
    if pairs:
        yield from ["", head, *(f"  {name}: {text}" for name, text in pairs)]


def _steps(ui: Ui, steps: list[dict[str, Any]]) -> list[str]:
    rows = [[ui.word(f"ui.step.{step['step']}"), step["at"][:10], step["actor"], _told(ui, step)] for step in steps]
    heads = [ui.word(f"ui.{key}") for key in ("tariff.steps", "date", "actor", "ground")]
    return table(rows, heads)


def _told(ui: Ui, step: Mapping[str, Any]) -> str:
    told = [str(step[name]) for name in _SAID if step.get(name)]
    if step.get("not_required"):
        told.insert(0, ui.word("ui.step.not_required"))
    if step.get("notice_days") is not None:
        told.append(ui.word("ui.step.notice", days=step["notice_days"]))
    return ", ".join(told)
