"""What other services take of a service: sewerage the quantity of its account's water, or what is charged for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl
from aimak.plugins.inputs import AMOUNT, CHARGE, FOUND

from aimak_billing.domain.rating.determinants import column
from aimak_billing.domain.rating.prepared import QUANTITY, Prepared

FOLLOWED = "followed"
TAKEN = "_taken"
ACCOUNT = "_account"
_UNKNOWN = pl.Series([None], dtype=pl.Int64)


class Quantities:
    """What other services take of a service, by account, or by account and span of days: its quantity, and what the
    account is charged for it."""

    def __init__(self, every: Sequence[Prepared], keys: Mapping[str, pl.DataType]) -> None:
        """`keys`: what a quantity belongs to, with their types."""
        self.services = {one.service.follows for one in every if one.service.follows}
        self.charged = {service for one in every for service in one.charged}
        self._keys = list(keys)
        nothing = pl.DataFrame(schema={**keys, TAKEN: pl.Int64()})
        names = [*self.services, *(f"{CHARGE}{service}" for service in self.charged)]
        self._pieces: dict[str, list[pl.DataFrame]] = {name: [nothing] for name in names}

    def found(self, service: str, rows: pl.DataFrame) -> None:
        """Keep the quantity that was found for connections of a service; null is kept as null."""
        self._pieces[service].append(pl.DataFrame([*self._of(rows), rows.get_column(column(QUANTITY)).alias(TAKEN)]))

    def _of(self, rows: pl.DataFrame) -> list[pl.Series]:
        return [rows.get_column(key) for key in self._keys]

    def billed(self, service: str, rows: pl.DataFrame, net: pl.Expr) -> None:
        """Keep what connections of a service are charged without tax; null is kept as null."""
        kept = net.cast(pl.Int64, strict=True).alias(TAKEN)
        self._pieces[f"{CHARGE}{service}"].append(rows.select(*self._keys, kept))

    def unknown(self, rows: pl.DataFrame) -> None:
        """Keep that nothing is known of these connections."""
        nothing = pl.lit(None, dtype=pl.Int64).alias(TAKEN)
        for name, pieces in self._pieces.items():
            pieces.append(rows.filter(pl.col("service") == name.removeprefix(CHARGE)).select(*self._keys, nothing))

    def beside(self, rows: pl.DataFrame, one: Prepared) -> pl.DataFrame:
        """The rows with what `one` takes of other services, each null as soon as it is not known of one of the
        account's connections."""
        if one.service.follows is not None:
            rows = self._with(rows, one.service.follows, column(FOLLOWED))
        for service in one.charged:
            rows = self._with(rows, f"{CHARGE}{service}", column(f"{CHARGE}{service}"))
        return rows

    def _with(self, rows: pl.DataFrame, name: str, taken_as: str) -> pl.DataFrame:
        by_key = self._by_key(pl.concat(self._pieces[name]))
        by_key = by_key.with_columns(_known(by_key.get_column(TAKEN), name)).rename({TAKEN: taken_as})
        # The keys alone: a join would copy all other columns.
        joined = rows.select(self._keys).join(by_key, on=self._keys, how="left", maintain_order="left")
        return rows.hstack(joined.select(taken_as))

    def _by_key(self, pieces: pl.DataFrame) -> pl.DataFrame:
        taken = pl.col(TAKEN)
        whole = taken.cast(pl.Int128).sum().cast(pl.Int64, strict=True)
        by_key = pieces.group_by(self._keys).agg(whole, missing=taken.null_count())
        # The sum passes over nulls, so it counts only where there was none.
        return by_key.select(*self._keys, pl.when(pl.col("missing") == 0).then(taken))


def _known(taken: pl.Series, name: str) -> pl.Series:
    """What is taken, null where it is beyond the bounds that a determinant keeps: several together may be."""
    low, high, _ = AMOUNT if name.startswith(CHARGE) else FOUND[FOLLOWED]
    beyond = (taken < low) | (taken > high)
    return taken.set(beyond, None) if beyond.any() else taken


class OfAccounts(Quantities):
    """The same by the numbers of accounts, which are below `accounts`: what is taken stands in its account's place."""

    def __init__(self, every: Sequence[Prepared], accounts: int) -> None:
        super().__init__(every, {ACCOUNT: pl.UInt32()})
        self._accounts = accounts
        self._known: dict[str, tuple[int, pl.Series]] = {}

    def keys_of(self, one: Prepared) -> tuple[str, ...]:
        """What the rows of a version must bring: nothing where it takes nothing and nothing is taken of it."""
        service = one.version.service
        concerned = one.service.follows or one.charged or service in self.services or service in self.charged
        return (ACCOUNT,) if concerned else ()

    def _with(self, rows: pl.DataFrame, name: str, taken_as: str) -> pl.DataFrame:
        return rows.hstack([self._of_account(name)[rows.get_column(ACCOUNT)].alias(taken_as)])

    def _of_account(self, name: str) -> pl.Series:
        """What is taken of each account, worked out anew only when more was told since."""
        pieces = self._pieces[name]
        told, known = self._known.get(name, (0, _UNKNOWN))
        if told < len(pieces):
            by_account = self._by_key(pl.concat(pieces, rechunk=True))
            taken = _known(by_account.get_column(TAKEN), name)
            # A scatter changes the series itself: each needs one of its own.
            known = self._nobody().scatter(by_account.get_column(ACCOUNT), taken)
            self._known[name] = (len(pieces), known)
        return known

    def _nobody(self) -> pl.Series:
        return _UNKNOWN.new_from_index(0, self._accounts)

    def _by_key(self, pieces: pl.DataFrame) -> pl.DataFrame:
        account, number = pieces.get_column(ACCOUNT), pl.int_range(pieces.height, dtype=pl.Int64, eager=True)
        # Most accounts have one connection of a service.
        alone = (self._nobody().scatter(account, number)[account] == number).all()
        return pieces if alone else super()._by_key(pieces)
