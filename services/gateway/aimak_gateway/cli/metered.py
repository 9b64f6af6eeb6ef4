"""What people did to readings and meters after the bill: metering knows who and why, billing what it moved."""

from __future__ import annotations

from typing import Any

from aimak_gateway.cli.connect import Api

_DEEDS = ("metering.readings.correct", "metering.accounts.readings", "metering.accounts.exchange")


def add_of_meters(api: Api, answer: dict[str, Any], days: dict[str, str | None]) -> None:
    """Add to billing's changes after bills those of readings and meters, and to what each employee moved. What a bill
    charged on account of usage counts for the deed before it that came last."""
    deeds = [row for row in api.pages("/metering/audit", "audit", **days) if row["action"] in _DEEDS]
    deeds = sorted((row for row in deeds if row["account_id"]), key=lambda row: str(row["at"]))
    if not deeds:
        return
    ids = ",".join(str(number) for number in sorted({row["account_id"] for row in deeds}))
    usage = api.get("/billing/audit/usage", accounts=ids)["usage"]
    for place, deed in enumerate(deeds):
        after = [one for one in usage if _follows(one, deed)]
        later = [row for row in deeds[place + 1 :] if row["account_id"] == deed["account_id"]]
        mine = [one for one in after if not any(_follows(one, row) for row in later)]
        if after:
            answer["changes"].append(_change(deed, after, mine))
    answer["changes"].sort(key=lambda change: change["at"])
    moved: dict[str, int] = {}
    for change in answer["changes"]:
        moved[change["actor"]] = moved.get(change["actor"], 0) + (change["moved_tyiyn"] or 0)
    answer["employees"] = [{"actor": actor, "moved_tyiyn": amount} for actor, amount in sorted(moved.items())]


def _follows(usage: dict[str, Any], deed: dict[str, Any]) -> bool:
    """Whether a bill settled the account's period after the deed, or has yet to."""
    return bool(usage["account_id"] == deed["account_id"] and (usage["at"] is None or usage["at"] >= deed["at"]))


def _change(deed: dict[str, Any], after: list[dict[str, Any]], mine: list[dict[str, Any]]) -> dict[str, Any]:
    settled = [one["moved_tyiyn"] for one in mine if one["at"] is not None]
    return {
        "at": deed["at"],
        "actor": deed["actor"],
        "account": after[0]["account"],
        "what": deed["action"],
        "period": ", ".join(sorted({one["period"] for one in mine or after})),
        "ground": deed["ground"],
        "approved_by": None,
        "moved_tyiyn": sum(settled) if settled else None,
    }
