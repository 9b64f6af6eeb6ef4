"""A month in which everything is done again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from aimak_gateway.cli.installation import rebuild_from_owners
from town_build.payments import Payment

from tests.faults.driver import Month

PARALLEL = 10


@dataclass
class Twice(Month):
    """Preview, issue and each registry come twice, the first pay ten times at once, and after the first registry
    payments' read models are dropped and made again. Each repeat must be answered as the first was."""

    def preview(self) -> str:
        """Rate everything, twice."""
        return self._same(super().preview(), super().preview())

    def issue(self) -> str:
        """Approve and issue, twice."""
        first, cycle = super().issue(), self.seen.get("cycle")
        second = super().issue()
        assert self.seen["cycle"] == cycle
        return self._same(first, second)

    def _same(self, first: str, second: str) -> str:
        assert first == second
        return second

    def _call(self, partner: str, query: dict[str, str]) -> str:
        if query["command"] != "pay" or "paid" in self.seen:
            return super()._call(partner, query)
        self.seen["paid"] = query
        call = super()._call
        with ThreadPoolExecutor(PARALLEL) as crowd:
            answers = set(crowd.map(lambda _: call(partner, query), range(PARALLEL)))
        assert len(answers) == 1
        (answer,) = answers
        assert "<result>0</result>" in answer
        return answer

    def _registry(self, folder: Path, partner: str, listed: list[Payment]) -> None:
        super()._registry(folder, partner, listed)
        super()._registry(folder, partner, listed)
        if "rebuilt" not in self.seen:
            self.runtime.settle()
            admin = self.api("admin")
            self.seen["rebuilt"] = admin.post("/payments/read-models/drop")["rows"]
            assert sum(self.seen["rebuilt"].values()) > 0
            rebuild_from_owners(admin, "payments")
            self.runtime.settle()
