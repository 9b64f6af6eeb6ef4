"""Which versions, norms and tax rules count on a day of a period: a change waits for the next one or goes by days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from aimak.period import Period

from aimak_billing.domain.tariff import BY_DAYS, Span, TariffVersion, TaxRule


@dataclass(frozen=True)
class Timetable:
    """Versions and tax rules with the days on which each is in force by its dates."""

    period: Period
    versions: Sequence[TariffVersion]
    kept: Mapping[int, Span]
    rules: Sequence[TaxRule]
    dated: Mapping[int, Span]

    def days(self) -> list[date]:
        """The days of the period from which on something else counts; its first day is the first of them."""
        return sorted({self.period.start, *(day for day, _ in self.cuts())})

    def cuts(self) -> Iterator[tuple[date, TariffVersion]]:
        """Each day inside the period on which something changes by days, with the version for which it does."""
        for version in self.versions:
            for day in self._changes(version):
                if self.period.start < day < self.period.end:
                    yield day, version

    def _changes(self, version: TariffVersion) -> Iterator[date]:
        span = self.kept[version.id]
        if version.change != BY_DAYS or not self._touches(span):
            return
        dated: list[tuple[date | None, date | None]] = [(span.start, span.end)]
        dated += [(norm.valid_from, norm.valid_to) for norm in version.norms]
        dated += [(rule.start, rule.end) for rule in self._spans_of_rules(version)]
        for start, end in dated:
            yield from (day for day in (start, end) if day is not None)

    def _touches(self, span: Span) -> bool:
        return span.start < self.period.end and (span.end is None or span.end > self.period.start)

    def _spans_of_rules(self, version: TariffVersion) -> list[Span]:
        return [self.dated[rule.id] for rule in self.rules if not rule.services or version.service in rule.services]

    def day_of(self, version: TariffVersion, day: date) -> date:
        """The day whose norms and taxes a version takes on `day`."""
        return day if version.change == BY_DAYS else self.period.start

    def rules_of(self, version: TariffVersion, day: date) -> tuple[TaxRule, ...]:
        """The tax rules that count for a version on `day`."""
        taken = self.day_of(version, day)
        return tuple(rule for rule in self.rules if taken in self.dated[rule.id])

    def on(self, day: date) -> list[tuple[TariffVersion, bool]]:
        """The versions that count on `day`, and for each whether it only does as its end waits for the next period."""
        chains: dict[str, list[TariffVersion]] = defaultdict(list)
        for version in sorted(self.versions, key=lambda each: self.kept[each.id].start):
            chains[version.code].append(version)
        found: list[tuple[TariffVersion, bool]] = []
        for chain in chains.values():
            current = [version for version in chain if self._counts(version, day)]
            # Whoever counted last may wait: what came in between by days has ended all before it.
            counted = [pair for pair in zip(chain, [*chain[1:], None], strict=True) if self._counted(pair[0], day)]
            waiting = [version for version, following in counted[-1:] if self._waits(version, following, day)]
            found += [(version, False) for version in current] or [(version, True) for version in waiting]
        return found

    def _counts(self, version: TariffVersion, day: date) -> bool:
        span = self.kept[version.id]
        return day in span and (version.change == BY_DAYS or span.start <= self.period.start)

    def _counted(self, version: TariffVersion, day: date) -> bool:
        """Whether a version has counted in the period by `day`."""
        span = self.kept[version.id]
        return self.period.start in span or (version.change == BY_DAYS and self.period.start < span.start <= day)

    def _waits(self, version: TariffVersion, following: TariffVersion | None, day: date) -> bool:
        """Whether a version that has counted in the period and has ended goes on until the period is over."""
        span = self.kept[version.id]
        if day in span:
            return False
        replaced = following is not None and self.kept[following.id].start == span.end
        ends_by = following if replaced and following is not None else version
        return ends_by.change != BY_DAYS
