"""Lists as JSON or CSV, pages, languages."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from aimak.http.app import language
from aimak.problems import Problem, Refused
from aimak.texts import LANGUAGES
from flask import Response, request

STAFF = ("clerk", "approver", "admin", "inspector")
ROWS_AT_MOST = 1000
ROWS_USUAL = 100


def listed(name: str, rows: Sequence[Mapping[str, Any]], following: int | None = None) -> Any:
    """The rows as JSON under `name` with the key after which the list goes on; ?format=csv: as a table."""
    if request.args.get("format") != "csv":
        return {name: rows, "next": following}
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    return Response(text.getvalue(), content_type="text/csv; charset=utf-8")


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def page() -> tuple[int, int]:
    """?after and ?limit. Raises Refused for what are no numbers."""
    return _number("after", 0, 2**63 - 1), max(1, _number("limit", ROWS_USUAL, ROWS_AT_MOST))


def _number(name: str, default: int, most: int) -> int:
    given = request.args.get(name, "")
    if not given:
        return default
    if not (given.isascii() and given.isdigit()):
        raise Refused(Problem("AIM-B056", {"name": name, "value": given[:60]}))
    return min(int(given[:20]), most)


def file_name(usual: str) -> str:
    """?name without folders, or what is usual."""
    return request.args.get("name", "").replace("\\", "/").rpartition("/")[2][:200] or usual


def asked_language() -> str:
    """?lang, or what the caller's browser says. Raises Refused for a language that is not ours."""
    given = request.args.get("lang") or language()
    if given not in LANGUAGES:
        raise Refused(Problem("AIM-B002", {"languages": given[:16]}))
    return given
