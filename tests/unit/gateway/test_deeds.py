"""Who did what is told in the reader's words: from what to what, since when, of which account and which run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aimak.texts import catalogue
from aimak_gateway.cli import audit, connect, deeds, frame
from aimak_gateway.cli.app import app
from typer.testing import CliRunner

FIVE = {"persons": 5, "pensioners": 0, "from": "2026-01-01"}
THREE = {"persons": 3, "pensioners": 1, "from": "2026-10-10"}
BILLED = {"period": "2026-10", "reason": "connection"}
RUN = {"period": "2026-10", "selection": "street:77", "generation": 1, "replaces": True}
READING = {"serial": "M1", "date": "2026-10-31", "value": "12.3", "state": "held"}
ONE_OFF = {"item": "call-out", "quantity_thousandths": 2_000, "gross_tyiyn": 50_000, "list": "w", "tariff_version": 9}


def row(before: Any, after: Any, said: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A row of the record."""
    facts = {"path": "/billing/x", "action": "billing.x", "said": said or {}}
    return {"before": before, "after": after, **facts, **more}


RU = [
    (row(FIVE, THREE), "проживает 5, пенсионеры 0, с 2026-01-01 → проживает 3, пенсионеры 1, с 2026-10-10"),
    (row(None, BILLED), "период 2026-10, причина подключение"),
    (row(None, {**BILLED, "reason": "moved_out"}), "период 2026-10, причина выезд"),
    (row({"customer_class": "household"}, {"customer_class": "other"}), "группа население → группа прочие"),
    (row({"status": "active"}, {"status": "closed", "from": "2026-11-16"}),
     "статус действует → статус закрыт, с 2026-11-16"),
    (row(None, RUN), "период 2026-10, выборка улица Манас, поколение 1, вместо прежних квитанций"),
    (row(READING, {"state": "accepted"}),
     "счётчик M1, дата 2026-10-31, показание 12.3, состояние ждёт решения → состояние принято"),
    (row(None, ONE_OFF), "позиция call-out, объём 2.000, начислено 500.00"),
    (row({"rules": {"median": 3_500}}, {"rules": {"median": 3_500, "negative": 0}}),
     "правило намного больше обычного × 3.5 → правило намного больше обычного × 3.5, меньше нуля"),
    (row(None, None, {"dry_run": "1"}), "проба: ничего не принято"),
    (row(None, None, {"dry_run": True}), "проба: ничего не принято"),
    (row(None, None, {"dry_run": False}), ""),
    (row({"password": None}, {"password": "changed"}), "Пароль изменён"),
    (row({"active": True}, {"active": False}), "действует да → действует нет"),
    (row(None, None, {"streets": ["Манас"], "service": "water", "since": "2026-10-05", "until": "2026-10-08",
                      "ground": "act"}), "улица Манас, услуга вода, с 2026-10-05, до 2026-10-08"),
    (row(None, None, {"tariffs": ["w"], "body": "кенеш", "date": "2026-10-28", "scan": "ab12", "not_required": False}),
     "орган кенеш, дата 2026-10-28"),
]  # fmt: skip


@pytest.mark.parametrize(("noted", "told"), RU)
def test_a_change_is_told_in_words(noted: dict[str, Any], told: str) -> None:
    """What stood and what stands with its day; where only what was asked is known, that. No code in English, no number
    that nobody but the program knows."""
    ui = frame.Ui(as_json=False, lang="ru", quiet=False, debug=False)
    assert deeds.change(ui, noted, {"77": "Манас"}) == told


def test_a_deed_names_its_account() -> None:
    """Of whom it is stands there by number though neither the address nor what was asked says it."""
    ui = frame.Ui(as_json=False, lang="ru", quiet=False, debug=False)
    assert deeds.subject(ui, row(FIVE, THREE, {"file": "r.csv"}, account="0200024", account_id=7)) == "0200024, r.csv"


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
def test_every_reason_of_a_later_change_has_a_name(lang: str) -> None:
    """What opens a month that was billed is named on the bill and in the record alike."""
    screen, paper = catalogue("aimak_gateway", lang), catalogue("aimak_billing", lang)
    reasons = {key.removeprefix("explain.why.") for key in paper if key.startswith("explain.why.")}
    assert len(reasons) > 8 and [name for name in sorted(reasons) if f"ui.changed.{name}" not in screen] == []


class Api(connect.Api):
    """Services in which somebody did something to one account, on two pages."""

    def __init__(self) -> None:
        """Of no installation."""

    def get(self, path: str, **asked: Any) -> Any:
        """The answer at `path`."""
        if path == "/billing/tenants/current":
            return {"tenant": {"zone": "Asia/Bishkek"}}
        if path == "/billing/accounts/0200024":
            return {"account_id": 7, "number": "0200024"}
        if path == "/billing/audit/accounts":
            assert asked == {"accounts": "7"}
            return {"numbers": {"7": "0200024"}}
        deed = row(FIVE, THREE, at="2026-11-05T06:00:00+00:00", actor="ayna", ground="справка 9", account_id=7)
        mine = path == "/billing/audit" and asked["actor"] in (None, "ayna")
        second = asked.get("after") == 41
        page = [{**deed, "ground": "справка 8"} if second else deed] if mine else []
        return {"service": path.split("/")[1], "audit": page, "next": 41 if mine and not second else None}


@contextmanager
def connected(ui: frame.Ui) -> Iterator[Api]:
    """In the place of an installation."""
    yield Api()


def test_who_is_not_known_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that was mistyped is no empty table without a word; the account of a deed is told by its number."""
    monkeypatch.setattr(audit, "connected", connected)
    monkeypatch.setenv("AIMAK_LANG", "ky")
    nobody = CliRunner().invoke(app, ["audit", "list", "--actor", "ayn"])
    assert nobody.exit_code == frame.OK and "ayn" in nobody.stderr and "aimak user list" in nobody.stderr
    for more in (["--period", "2026-10"], ["--from", "2026-10-01"], ["--to", "2026-10-31"], ["--account", "0200024"]):
        here = CliRunner().invoke(app, ["audit", "list", "--actor", "ayn", *more])
        assert here.exit_code == frame.OK and here.stderr.strip() == "Эч нерсе жазылган эмес"
    nothing = CliRunner().invoke(app, ["audit", "list", "--actor", "ayn", "--quiet"])
    assert nothing.stderr == ""
    somebody = CliRunner().invoke(app, ["audit", "list", "--actor", "ayna"])
    assert somebody.stderr == "" and "0200024" in somebody.stdout and "справка 9" in somebody.stdout
    assert "справка 8" in somebody.stdout
