"""A town of any size, made directly in billing's tables: three services an account, a third of the water metered."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import polars as pl
from aimak import ledger
from aimak.service import Service
from aimak.storage import bulk
from aimak.storage.work import UnitOfWork
from aimak_billing.application import parties, registers, tariff_life, tariffs
from aimak_billing.application.kit import Kit
from aimak_billing.domain.addresses import EARLIEST
from aimak_billing.domain.receivables import PROVIDERS_AT_MOST
from aimak_billing.domain.tariff_life import Facts

TENANT = "bench"
PERIOD = "2026-10"
# Ids of connections: the account's times 4, and the place of the service.
SERVICES = (("water", "vodokanal"), ("sewerage", "vodokanal"), ("waste", "tazalyk"))
SAMPLE_TOWN = Path(__file__).parents[1] / "examples" / "town"
METERED = '{"metered":true,"norm":"flat"}'
UNMETERED = '{"metered":false,"norm":"flat"}'
_FIRST_STREET, _HOUSES_A_STREET, _PARTIES_A_TIME = 10**9, 100, 20_000
_OPENED, _READ, _READ_BEFORE = date(2025, 1, 1), date(2026, 10, 31), date(2026, 9, 30)


def define(service: Service, kit: Kit, since: str = "2026-01-01") -> None:
    """The municipality with the creditors and tariffs of the sample town, in force since a day."""
    town = json.loads((SAMPLE_TOWN / "town.json").read_text())
    tenant = {"code": TENANT, "name": town["tenant"]["names"], "zone": town["tenant"]["zone"]}
    with service.work(TENANT) as work:
        registers.define_tenant(kit, {**tenant, "languages": town["tenant"]["languages"], "is_test": True}, work)
        work.commit()
    with service.work(TENANT) as work:
        for provider in town["providers"]:
            facts = {key: provider[key] for key in ("code", "tax_number", "regime", "bank_account")}
            registers.define_provider({**facts, "name": provider["names"], "elqr": provider.get("elqr", {})}, work)
        work.commit()
    with service.work(TENANT) as work:
        text = re.sub(r"from: \d{4}-\d{2}-\d{2}", f"from: {since}", (SAMPLE_TOWN / "tariffs.yaml").read_text())
        taken = tariffs.take_tariffs(kit, work, text, "tariffs.yaml", actor="clerk")
        work.commit()
    with service.work(TENANT) as work:
        refs = [f"{tariff['code']}@{tariff['valid_from']}" for tariff in taken["tariffs"]]
        tariff_life.take_step(kit, work, "adopt", refs, Facts(ground="decided before"), "approver")
        work.commit()


def fill(service: Service, accounts: int) -> None:
    """Accounts, connections, residents, usage, and an old debt for every fourth account."""
    with service.work(TENANT, bulk=True) as work:
        ids = pl.DataFrame({"account_id": pl.int_range(1, accounts + 1, dtype=pl.Int64, eager=True)})
        load(work, "customer", _customers(ids))
        load(work, "address", _addresses(ids))
        load(work, "premise", _premises(ids))
        load(work, "account", _accounts(ids))
        for part in ids.iter_slices(_PARTIES_A_TIME):
            parties.enter(work, _told(part).iter_rows(named=True))
        load(work, "connection", _connections(ids))
        load(work, "resident", _residents(ids))
        load(work, "usage", usage(ids))
        load(work, "transfer", _openings(work, ids))
        work.commit()


def load(work: UnitOfWork, table: str, frame: pl.DataFrame) -> None:
    """Rows of the town into a table of billing."""
    bulk.load(work, work.table(table), frame.select(pl.lit(TENANT).alias("tenant"), pl.all()))


def _customers(ids: pl.DataFrame) -> pl.DataFrame:
    return ids.select(
        pl.col("account_id").alias("id"),
        pl.format("Holder {}", "account_id").alias("name"),
        pl.format("holder {}", "account_id").alias("folded"),
        pl.lit("+996700000000").alias("phone"),
        pl.lit("ky").alias("language"),
    )


def _addresses(ids: pl.DataFrame) -> pl.DataFrame:
    """A street for each hundred accounts, a house for each account."""
    account = pl.col("account_id")
    common = [pl.lit(EARLIEST).alias("valid_from")]
    streets = ids.select((account // _HOUSES_A_STREET).alias("id")).unique().sort("id")
    return pl.concat(
        [
            streets.select(
                pl.col("id") + _FIRST_STREET,
                *common,
                pl.lit("street").alias("kind"),
                pl.lit(None, dtype=pl.Int64).alias("parent_id"),
                pl.format("Street {}", "id").alias("name"),
            ),
            ids.select(
                account.alias("id"),
                *common,
                pl.lit("house").alias("kind"),
                (account // _HOUSES_A_STREET + _FIRST_STREET).alias("parent_id"),
                account.cast(pl.String).alias("name"),
            ),
        ]
    )


def _premises(ids: pl.DataFrame) -> pl.DataFrame:
    account = pl.col("account_id")
    return ids.select(
        account.alias("id"),
        pl.lit("house").alias("kind"),
        (account // _HOUSES_A_STREET + _FIRST_STREET).alias("street_id"),
        account.alias("house_id"),
    )


def _told(ids: pl.DataFrame) -> pl.DataFrame:
    account = pl.col("account_id")
    return ids.select(
        "account_id",
        pl.lit(1).alias("version"),
        (account + 10_000_000).cast(pl.String).alias("number"),
        pl.format("Holder {}", "account_id").alias("holder"),
        pl.format("Street {} {}", account // _HOUSES_A_STREET, "account_id").alias("address"),
        pl.lit("+996700000000").alias("phone"),
    )


def _accounts(ids: pl.DataFrame) -> pl.DataFrame:
    account = pl.col("account_id")
    return ids.select(
        account.alias("id"),
        (account + 10_000_000).cast(pl.String).alias("number"),
        account.alias("customer_id"),
        account.alias("premise_id"),
        pl.lit("household").alias("customer_class"),
        pl.lit("active").alias("status"),
        pl.lit(_OPENED).alias("opened_on"),
        pl.lit(1).alias("version"),
    )


def _connections(ids: pl.DataFrame) -> pl.DataFrame:
    water = pl.when(pl.col("account_id") % 3 == 0).then(pl.lit(METERED)).otherwise(pl.lit(UNMETERED))
    parts = [
        ids.select(
            (pl.col("account_id") * 4 + place).alias("id"),
            "account_id",
            pl.lit(service).alias("service"),
            pl.lit(provider).alias("provider"),
            pl.lit("household").alias("customer_class"),
            (water if service == "water" else pl.lit("{}")).alias("attributes"),
            pl.lit(_OPENED).alias("valid_from"),
            pl.lit(1).alias("version"),
        )
        for place, (service, provider) in enumerate(SERVICES)
    ]
    return pl.concat(parts).sort("id")


def _residents(ids: pl.DataFrame) -> pl.DataFrame:
    return ids.select(
        pl.col("account_id").alias("id"),
        "account_id",
        (pl.col("account_id") % 5 + 1).alias("persons"),
        (pl.col("account_id") % 7 == 0).cast(pl.Int64).alias("pensioners"),
        pl.lit(_OPENED).alias("valid_from"),
        pl.lit("register").alias("ground"),
        pl.lit(1).alias("version"),
    )


def usage(ids: pl.DataFrame) -> pl.DataFrame:
    """October's usage of every third account."""
    used = pl.col("account_id") % 23 * 1000
    return ids.filter(pl.col("account_id") % 3 == 0).select(
        pl.col("account_id").alias("usage_id"),
        "account_id",
        (pl.col("account_id") * 4).alias("connection_id"),
        pl.col("account_id").cast(pl.String).alias("serial"),
        pl.lit(_READ_BEFORE).alias("from_date"),
        pl.lit(_READ).alias("to_date"),
        pl.lit(100_000).alias("previous_thousandths"),
        (100_000 + used).alias("current_thousandths"),
        used.alias("quantity_thousandths"),
        pl.lit("read").alias("method"),
        pl.lit("accepted").alias("state"),
        pl.lit(1).alias("version"),
    )


def _openings(work: UnitOfWork, ids: pl.DataFrame) -> pl.DataFrame:
    day = ledger.open_day(work)
    return ids.filter(pl.col("account_id") % 4 == 0).select(
        (pl.col("account_id") + 2**60).alias("id"),
        (pl.col("account_id") * PROVIDERS_AT_MOST + 1).alias("debit"),
        pl.lit(ledger.account_id("opening", "vodokanal")).alias("credit"),
        (pl.col("account_id") % 90_000 + 1).alias("amount"),
        pl.lit(_READ_BEFORE).alias("business_date"),
        pl.lit(day).alias("ledger_day"),
        pl.lit("opening").alias("kind"),
        "account_id",
        pl.col("account_id").alias("source_id"),
        pl.lit("vodokanal").alias("provider"),
        pl.lit("2026-09").alias("origin"),
    )
