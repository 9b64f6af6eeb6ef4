"""The document that bills a service that was asked for once, by the price list in force.

One person enters what was done for whom, another approves, and only then there is a bill. No run makes such a bill and
none replaces it: it is cancelled by its number, and entered anew where it was wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

import polars as pl
from aimak import ledger
from aimak.contracts import billing
from aimak.ids import derived_id
from aimak.money import MAX_TYIYN, plain_som
from aimak.period import Period
from aimak.plugins.numbers import MAX_QUANTITY
from aimak.problems import Conflict, Problem, Refused
from aimak.storage import bulk, counters
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_billing.application import parties
from aimak_billing.application.corrections.documents import Kind
from aimak_billing.application.cycle import note
from aimak_billing.application.kit import Kit
from aimak_billing.application.tariff_life import ref_of
from aimak_billing.application.tariffs import stored
from aimak_billing.application.views import find_account
from aimak_billing.domain import cycle as states
from aimak_billing.domain import posting
from aimak_billing.domain.one_off import Item, lists_on, priced_item
from aimak_billing.domain.tariff import TariffVersion
from aimak_billing.store import accounts, registers, runs
from aimak_billing.store import bills as store
from aimak_billing.store import ledger as books

CODE = "one_off"


def kind(kit: Kit) -> Kind:
    """The kind of document."""
    return Kind(CODE, partial(_check, kit), partial(_post, kit))


def _check(kit: Kit, work: UnitOfWork, asked: Mapping[str, Any]) -> tuple[dict[str, Any], int | None]:
    """asked: account, item, quantity_thousandths, tariff (a price list's code, where several have the item), day (on
    which it was done; default: today)."""
    account = find_account(work, asked.get("account") or "")
    quantity, day = int(asked.get("quantity_thousandths") or 0), asked.get("day") or work.today()
    if not 0 < quantity < MAX_QUANTITY:
        raise Refused(Problem("AIM-B182", {"quantity": quantity}))
    if day > work.today():
        raise Refused(Problem("AIM-B183", {"day": day.isoformat()}))
    facts = {"item": asked.get("item") or "", "quantity_thousandths": quantity, "day": day.isoformat()}
    priced = _priced(kit, work, account, {**facts, "list": asked.get("tariff")})
    version = priced.version
    sums = {"net_tyiyn": priced.net, "tax_tyiyn": priced.tax, "gross_tyiyn": priced.net + priced.tax}
    named = {"tariff": ref_of(version), "tariff_version": version.id, "service": version.service}
    return {**facts, "list": version.code, **named, "provider": version.provider, **sums}, account.id


def _priced(kit: Kit, work: UnitOfWork, account: Row[Any], facts: Mapping[str, Any]) -> Item:
    """What a document asks for comes to, by the tariffs of its day."""
    versions, taxes = stored(kit, work)
    day = date.fromisoformat(facts["day"])
    lists = lists_on(versions, day, facts.get("list"))
    rows = accounts.connections_of(work, [account.id])
    connections = {one.id: _connection(work, account, rows, one, facts, day) for one in lists}
    item = priced_item(lists, taxes, kit.plugins, day, facts["item"], connections)
    if abs(item.net) + abs(item.tax) >= MAX_TYIYN:
        raise Refused(Problem("AIM-B182", {"quantity": facts["quantity_thousandths"]}))
    return item


def _connection(
    work: UnitOfWork,
    account: Row[Any],
    rows: Any,
    version: TariffVersion,
    facts: Mapping[str, Any],
    day: date,
) -> dict[str, Any]:
    """The account as a connection of a price list: with the attributes of its own where it has one of that service."""
    provider = registers.provider(work, version.provider)
    mine = [row for row in rows if (row.service, row.provider) == (version.service, version.provider)]
    there = [row for row in mine if row.valid_from <= day and (row.valid_to is None or day < row.valid_to)]
    return {
        "service": version.service,
        "provider": version.provider,
        "regime": provider.regime if provider else "",
        "customer_class": there[0].customer_class if there else account.customer_class,
        "attributes": there[0].attributes if there else {},
        "usage": facts["quantity_thousandths"],
    }


def _post(kit: Kit, work: UnitOfWork, document: Row[Any]) -> None:
    """Make the bill: its lines, its transfers, and what others hear of it. Raises Conflict where it would come to
    another sum than was shown."""
    account = accounts.one(work, document.account_id)
    assert account is not None, "an account is never removed"
    item = _priced(kit, work, account, document.facts)
    shown, now = document.facts["gross_tyiyn"], item.net + item.tax
    if shown != now:
        raise Conflict(Problem("AIM-B184", {"shown": plain_som(shown), "now": plain_som(now), "number": document.id}))
    issue = _begun(kit, work, document, item)
    day = ledger.open_day(work)
    stamp = pl.lit(day).alias("ledger_day")
    openings = books.openings(work, account.id, account.id, Period.month(issue.period).start)
    whole = pl.DataFrame(
        {"place": [0], "rank": [0], "account_id": [account.id], "net": [item.net], "tax": [item.tax]},
        schema=dict.fromkeys(("place", "rank", "account_id", "net", "tax"), pl.Int64),
    )
    # Below zero, so that the runs of a period number their own bills alone.
    place = pl.lit(-1 - store.one_off_count(work, account.id, issue.period), dtype=pl.Int32)
    issued = posting.bills(issue, whole, openings).with_columns(place.alias("sequence"))
    issued = parties.attach(work, issued, account.id, account.id, Period.month(issue.period).last_day, day)
    moved = posting.sums(issue, whole, item.lines)
    bulk.load(work, work.table("bill"), issued.with_columns(stamp))
    named = [pl.lit(work.tenant).alias("tenant"), pl.lit(issue.first_bill, dtype=pl.Int64).alias("bill_id")]
    bulk.load(work, work.table("bill_line"), item.lines.drop("place").with_columns(*named, stamp))
    bulk.load(work, work.table("transfer"), posting.transfers(issue, moved).with_columns(stamp))
    work.publish(billing.ReceivablesMoved.of_frame(work.tenant, posting.receivables_moved(issue, moved)))
    work.publish(billing.BillsIssued.of_frame(work.tenant, posting.bills_issued(issued, moved)))


def _begun(kit: Kit, work: UnitOfWork, document: Row[Any], item: Item) -> posting.Issue:
    """The pass that the one bill is of: it keeps by which tariffs it was rated, and who had it issued and when."""
    today = work.today()
    period = Period.month_of(today)
    key = derived_id("run", work.tenant, states.ONE_OFF, document.id)
    due = states.due_on(period, today, kit.due_day)
    book = {"tariffs": [item.version.id], "taxes": sorted(rule.id for rule in item.taxes)}
    said = {"cycle": states.ONE_OFF, "selection": f"{CODE}:{document.id}", "scope": states.ONE_OFF}
    facts = {"state": states.ISSUED, "book": book, "issued_on": today, "due_on": due, "reason": document.reason}
    runs.add_run(work, period.name, key, **said, **facts)
    run = runs.run(work, key)
    assert run is not None
    note(work, run, "issue", 0, document.entered_by)
    return posting.Issue(
        tenant=work.tenant,
        run_id=key,
        period=period.name,
        issued_on=today,
        due_on=due,
        first_bill=counters.reserve(work, "bill", 1),
        first_number=counters.reserve(work, "bill_number", 1),
        providers={provider.code: provider.number for provider in registers.providers(work)},
        scope=states.ONE_OFF,
    )
