"""What is told of an import: its state, its problems in the reader's language, its refused rows as a CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from aimak import texts
from aimak.intake import store
from aimak.problems import NotFound, Problem
from aimak.service import Service
from aimak.storage.work import UnitOfWork

UNKNOWN_IMPORT = "AIM-F201"
LISTED = 100
_MARK = "\ufeff"


def state(work: UnitOfWork, import_id: int) -> tuple[dict[str, Any], list[Problem]]:
    """An import's state and its first problems. Raises NotFound."""
    row = store.look(work, import_id)
    if row is None:
        raise NotFound(Problem(UNKNOWN_IMPORT, {"import": str(import_id)}))
    told = {
        name: getattr(row, name) for name in ("kind", "name", "state", "dry_run", "total", "done", "taken", "refused")
    }
    return {"import": row.id, **told}, _problems(work, import_id)


def _problems(work: UnitOfWork, import_id: int) -> list[Problem]:
    found = store.faults_after(work, import_id, -1, LISTED)
    return [Problem.from_json(problem) for fault in found for problem in fault.problems][:LISTED]


def refused_rows(service: Service, tenant: str, import_id: int, lang: str) -> Iterator[str]:
    """The refused rows as CSV text (with the mark that Excel needs): the file's own columns and why, in `lang`.
    Mended, it can be sent in again. Raises NotFound before the first piece."""
    with service.work(tenant) as work:
        row = store.look(work, import_id)
    if row is None:
        raise NotFound(Problem(UNKNOWN_IMPORT, {"import": str(import_id)}))
    return _refused_pages(service, tenant, import_id, list(row.header), lang)


def _refused_pages(service: Service, tenant: str, import_id: int, header: list[str], lang: str) -> Iterator[str]:
    reason = texts.translate("aimak", "intake.reason", lang) or "reason"
    yield _MARK + _line([*header, reason])
    place = -1
    while True:
        with service.work(tenant) as work:
            page = store.faults_after(work, import_id, place)
        if not page:
            return
        place = page[-1].place
        yield "".join(_refused_line(fault, len(header), lang) for fault in page if fault.refused)


def _refused_line(fault: Any, width: int, lang: str) -> str:
    problems = [Problem.from_json(problem) for problem in fault.problems]
    why = "; ".join(f"{problem.code}: {texts.text(problem, lang)}" for problem in problems)
    cells = [*fault.cells, *[""] * width][: max(width, len(fault.cells))]
    return _line([*cells, why])


def _line(cells: list[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=";", lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()
