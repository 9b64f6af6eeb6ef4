"""The steps of a tariff's life, each a command of one person; the documents behind them; what is shown of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from aimak.problems import Conflict, Forbidden, NotFound, Problem, Refused
from aimak.storage.work import UnitOfWork

from aimak_billing.application.corrections.touching import touch_tariffs
from aimak_billing.application.kit import Kit
from aimak_billing.application.tariffs import decision_text, stored
from aimak_billing.domain.rating import conflicts
from aimak_billing.domain.tariff import PUBLISHED, TariffVersion, spans
from aimak_billing.domain.tariff_life import (
    OPEN,
    WITHDRAWN,
    Facts,
    Step,
    adoption_refusals,
    follows,
    is_repeat,
    refusals,
    standing,
)
from aimak_billing.store import tariffs as store

SCAN_BYTES = 10_000_000
_MEDIA = {b"%PDF-": "application/pdf", b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_FORBIDDEN = "AIM-T104"


def keep_scan(work: UnitOfWork, body: bytes, name: str, actor: str) -> dict[str, Any]:
    """Keep a document (PDF, PNG, JPEG) that a step will name by its hash; the same bytes again are a repeat."""
    kind = next((media for mark, media in _MEDIA.items() if body.startswith(mark)), None)
    if kind is None:
        raise Refused(Problem("AIM-T108", {"file": name}))
    if len(body) > SCAN_BYTES:
        raise Refused(Problem("AIM-T109", {"file": name, "limit": SCAN_BYTES}))
    store.lock(work)
    sha256 = hashlib.sha256(body).hexdigest()
    replayed = store.has_scan(work, sha256)
    if not replayed:
        row = {"sha256": sha256, "name": name, "kind": kind, "body": body, "actor": actor, "at": work.now}
        store.add_scan(work, row)
    return {"scan": sha256, "name": name, "bytes": len(body), "replayed": replayed}


def scan_of(work: UnitOfWork, sha256: str) -> tuple[bytes, str]:
    """A document and its media type. Raises NotFound."""
    row = store.scan(work, sha256)
    if row is None:
        raise NotFound(Problem("AIM-T110", {"scan": sha256[:64]}))
    return bytes(row.body), str(row.kind)


@dataclass(frozen=True)
class Taken:
    """Tariffs that took a step, as the list has them, and why others did not."""

    tariffs: list[dict[str, Any]]
    left_out: list[Problem]


def take_step(
    kit: Kit, work: UnitOfWork, name: str, refs: Sequence[str], facts: Facts, actor: str, *, fitting: bool = False
) -> Taken:
    """Take a step with every tariff named (`code` or `code@date`), or with none; `fitting`: with those that may, the
    others are left out. The same step again with the same facts changes nothing. Raises Refused, Conflict or Forbidden
    with every reason, each with its tariff."""
    work.tenant_facts()
    store.lock(work)
    versions, taxes = stored(kit, work)
    steps = store.steps(work)
    # A document that comes with a command which is only tried was looked at, and not kept.
    if facts.scan and not work.is_tried and not store.has_scan(work, facts.scan):
        raise NotFound(Problem("AIM-T110", {"scan": facts.scan[:64]}))
    if name == "publish" and facts.day is None:
        facts = replace(facts, day=work.today())
    chosen = [find(versions, ref, under_way=True) for ref in refs]
    fresh = [version for version in chosen if not is_repeat(name, facts, steps.get(version.id, []))]
    refused = {version.id: _refusals(work, name, facts, actor, version, steps) for version in fresh}
    problems, left_out = [problem for version in fresh for problem in refused[version.id]], list[Problem]()
    if fitting and not all(refused.get(version.id) for version in chosen):
        chosen, fresh = ([one for one in some if not refused.get(one.id)] for some in (chosen, fresh))
        problems, left_out = [], problems
    if name in ("submit", "approve", "publish", "adopt") and not problems:
        problems = _clashes(versions, fresh, taxes)
    if problems:
        codes = {problem.code for problem in problems}
        raise (Forbidden if codes == {_FORBIDDEN} else Conflict)(*problems)
    notice_days = kit.tariff_notice_days if name == "publish" else None
    for version in fresh:
        step = Step(name, actor, work.now, facts, notice_days)
        store.add_step(work, version.id, len(steps.get(version.id, [])), step)
    if name in ("publish", "adopt"):
        touch_tariffs(work, fresh, (), ())
    return Taken([listed(kit, work, version.id) for version in chosen], left_out)


def _refusals(
    work: UnitOfWork, name: str, facts: Facts, actor: str, version: TariffVersion, steps: Mapping[int, Sequence[Step]]
) -> list[Problem]:
    ref = ref_of(version)
    problems = refusals(name, facts, actor, work.today(), ref, steps.get(version.id, []))
    if name == "adopt":
        problems += adoption_refusals(version, work.today(), ref)
    decided = version.decision.day if version.decision else None
    if name == "publish" and facts.day and decided and facts.day < decided:
        fields = {"date": facts.day.isoformat(), "decided": decided.isoformat(), "tariff": ref}
        problems.append(Problem("AIM-T107", fields))
    return problems


def _clashes(versions: Sequence[TariffVersion], fresh: Sequence[TariffVersion], taxes: Sequence[Any]) -> list[Problem]:
    """What would clash if these were in force beside all that are."""
    mine = {version.id for version in fresh}
    others = [version for version in versions if version.status == PUBLISHED and version.id not in mine]
    return list(conflicts([*others, *(replace(version, status=PUBLISHED) for version in fresh)], taxes))


def ref_of(version: TariffVersion) -> str:
    """How a version is named: code@date."""
    return f"{version.code}@{version.valid_from.isoformat()}"


def find(versions: Sequence[TariffVersion], ref: str, *, under_way: bool = False) -> TariffVersion:
    """The version that `code` or `code@date` names: the one on that date; without a date the one that is under way
    where `under_way` is asked, else the newest. Raises NotFound or Refused where none or several are meant."""
    code, mark, day = ref.partition("@")
    mine = [version for version in versions if version.code == code and version.status != WITHDRAWN]
    if not mine:
        raise NotFound(Problem("AIM-B052", {"tariff": code}))
    if mark:
        dated = [version for version in mine if version.valid_from.isoformat() == day]
        if not dated:
            raise NotFound(Problem("AIM-T111", {"tariff": code, "date": day, "known": _dates(mine)}))
        return dated[0]
    alive = [version for version in mine if version.status in OPEN]
    if under_way and len(alive) > 1:
        raise Refused(Problem("AIM-T112", {"tariff": code, "known": _dates(alive)}))
    return alive[0] if under_way and alive else max(mine, key=lambda version: version.valid_from)


def _dates(versions: Sequence[TariffVersion]) -> str:
    return ", ".join(sorted(version.valid_from.isoformat() for version in versions))


def tariffs_view(kit: Kit, work: UnitOfWork) -> list[dict[str, Any]]:
    """All tariff versions, in short, with the state of each."""
    return [_short(work, version, ends) for version, ends in _with_spans(stored(kit, work)[0])]


def listed(kit: Kit, work: UnitOfWork, version_id: int) -> dict[str, Any]:
    """One version as the list has it."""
    return next(
        _short(work, version, ends) for version, ends in _with_spans(stored(kit, work)[0]) if version.id == version_id
    )


def _with_spans(versions: Sequence[TariffVersion]) -> list[tuple[TariffVersion, Any]]:
    dated = spans(version for version in versions if version.status == PUBLISHED)
    return [(version, dated.get(version.id)) for version in versions]


def _short(work: UnitOfWork, version: TariffVersion, span: Any) -> dict[str, Any]:
    """`valid_to` is where a published version really ends, `begins` the end of its notice."""
    return {
        "code": version.code,
        "service": version.service,
        "provider": version.provider,
        "decision": decision_text(version),
        "valid_from": version.valid_from.isoformat(),
        "begins": _iso(version.begins),
        "valid_to": _iso(span.end if span else version.valid_to),
        "state": standing(version, span, work.today()),
        "following": list(follows(version.status)),
    }


def tariff_view(kit: Kit, work: UnitOfWork, code: str) -> dict[str, Any]:
    """All versions of a tariff, the newest first, with every step of each. Raises NotFound."""
    versions = _with_spans(stored(kit, work)[0])
    mine = [(version, span) for version, span in versions if version.code == code]
    if not mine:
        raise NotFound(Problem("AIM-B052", {"tariff": code}))
    steps = store.steps(work)
    rows = {row.id: row for row in store.tariff_rows(work)}
    shown = [
        {
            "id": version.id,
            **_short(work, version, span),
            "legal_ground": version.legal_ground,
            "steps": [_shown(step) for step in steps.get(version.id, [])],
            "body": json.loads(rows[version.id].body),
        }
        for version, span in reversed(mine)
    ]
    newest = mine[-1][0]
    return {"code": code, "service": newest.service, "provider": newest.provider, "versions": shown}


def _shown(step: Step) -> dict[str, Any]:
    facts = {name: getattr(step.facts, name) for name in ("ground", "body", "number", "scan")}
    told = {
        "step": step.name,
        "actor": step.actor,
        "at": step.at.isoformat(),
        "date": _iso(step.facts.day),
        **facts,
        "not_required": step.facts.not_required or None,
        "notice_days": step.notice_days,
    }
    return {name: value for name, value in told.items() if value is not None}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
