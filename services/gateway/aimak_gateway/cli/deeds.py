"""Who did what, in the reader's words: the command, with what it was done, and what it changed from what to what."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aimak.money import format_som

from aimak_gateway.cli import listing
from aimak_gateway.cli.frame import Ui
from aimak_gateway.cli.street_names import selection_named

# An id is longer than any number that a person is given.
_INSIDE = 16
# What was asked that names with what something is done.
_NAMING = ("code", "account", "name", "file", "partner", "tariffs")
# What stands elsewhere in the row, or what nobody but the program knows.
_ELSEWHERE = ("ground", "reason", "scan", "fitting")
_INTERNAL = ("bill", "to", "upto", "list", "tariff_version")
# What is called otherwise than its own name.
_HEADS = {
    "body": "authority",
    "category": "benefit",
    "day": "date",
    "final": "reading",
    "initial": "reading",
    "is_test": "for_tests",
    "origin": "month",
    "periods": "of_months",
    "rules": "rule",
    "run": "of_run",
    "serial": "meter",
    "since": "from",
    "streets": "street",
    "through": "valid_to",
    "to": "consumer",
    "valid_from": "from",
    "value": "reading",
}
# What codes are named by, the first that knows them.
_KINDS = {
    "state": ("document", "cycle", "tariff", "reading", "status", "letter"),
    "roles": ("role",),
    "password": ("password",),
    "service": ("service",),
    "services": ("service",),
    "class": ("class",),
    "customer_class": ("class",),
    "method": ("method",),
    "regime": ("regime",),
    "kind": ("document", "kind"),
    "status": ("status",),
    "reason": ("changed",),
    "verdict": ("decided",),
    "rules": ("rule",),
}


def action(ui: Ui, action: str) -> str:
    """A command by its name; of one that is told in words ("enter cancel 1") those that have a name."""
    for kind in ("action", "changed", "document"):
        known = ui.named(kind, action)
        if known != action:
            return known
    if " " not in action:
        return action
    verb, kind, *rest = action.split()
    return " ".join([ui.named("action", verb), ui.named("document", kind), *rest])


def subject(ui: Ui, row: dict[str, Any]) -> str:
    """With what it was done: the kind and name of a file, a code, a number, a month; never an address of the API nor a
    number that nobody but the program knows."""
    _, _, *parts = row["path"].split("/") if row["path"].startswith("/") else ("", "", row["path"])
    told = [ui.named("import", parts[1])] if parts[:1] == ["imports"] else []
    numbers = [part for part in parts if any(map(str.isdigit, part)) and len(part) < _INSIDE]
    told += [number for number in numbers if number not in row["action"].split()]
    told += [row["account"]] if row.get("account") else []
    told += [] if row["path"].startswith("/") or told or row["path"].isdigit() else [row["path"]]
    for name in _NAMING:
        value = row["said"].get(name)
        told += [", ".join(map(str, value)) if isinstance(value, list) else value] if value and value != "…" else []
        if name == "code" and value:
            break
    return ", ".join(dict.fromkeys(text for text in told if isinstance(text, str)))


def change(ui: Ui, row: dict[str, Any], streets: Mapping[str, str]) -> str:
    """What stood before and stands after; where that was not noted, what was asked. `streets`: their names by id."""
    sides = [row[side] for side in ("before", "after") if row[side] is not None]
    if not sides:
        named = {name for name in _NAMING if isinstance(row["said"].get(name), (str, list))}
        asked = {name: value for name, value in row["said"].items() if name not in (*_ELSEWHERE, *named) and value}
        return _facts(ui, {name: value for name, value in asked.items() if value != "…"}, streets, alone=True)
    shown = [_facts(ui, _known(side), streets, alone=row["before"] is None) for side in sides]
    return " → ".join(side for side in shown if side)


def _known(told: Any) -> Any:
    """Without numbers that nobody but the program knows."""
    if not isinstance(told, dict):
        return told
    hidden = (*_INTERNAL, *(("account",) if isinstance(told.get("account"), int) else ()))
    return {name: value for name, value in told.items() if value is not None and name not in hidden}


def _facts(ui: Ui, told: Any, streets: Mapping[str, str], *, alone: bool) -> str:
    """Facts in words where the catalogue has them; `alone`: nothing is set against them."""
    if not isinstance(told, dict):
        return json.dumps(told, ensure_ascii=False)
    given = {name: value for name, value in told.items() if not alone or value not in (None, "", [], {})}
    return ", ".join(_fact(ui, name, value, streets, alone=alone) for name, value in given.items())


def _fact(ui: Ui, name: str, value: Any, streets: Mapping[str, str], *, alone: bool) -> str:
    plain = name.removesuffix("_tyiyn").removesuffix("_thousandths")
    head = ui.word(f"ui.{_HEADS.get(plain, plain)}").removeprefix("ui.")
    if name == "dry_run":
        return ui.word("ui.dry_run")
    if value is True and alone:
        return head
    if plain != name and isinstance(value, int):
        shown = format_som(value) if name.endswith("_tyiyn") else listing.spoken("quantity", value)
    elif name == "selection":
        shown = selection_named(ui, value, streets)
    elif isinstance(value, list):
        shown = ", ".join(_coded(ui, name, one) for one in value)
    elif isinstance(value, dict):
        shown = ", ".join(f"{_coded(ui, name, key)} {_coded(ui, name, one)}".strip() for key, one in value.items())
    else:
        shown = _coded(ui, name, value)
    return f"{head} {shown or '-'}"


def _coded(ui: Ui, name: str, value: Any) -> str:
    """A value in words where its name tells of what kind it is."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return ui.word("ui.yes" if value else "ui.no")
    if name == "rules" and isinstance(value, int):
        # A rule without a number has nothing to be told.
        return f"× {value / 1000:g}" if value else ""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if (name, value) == ("tenants", "*"):
        return ui.word("ui.everywhere")
    keys = [f"ui.{kind}{sign}{value}" for kind in _KINDS.get(name, ()) for sign in "._"]
    return next((word for key in keys if (word := ui.word(key)) != key), value)
