"""What a draft would change: chosen periods rated once more with it, beside the tariffs that were in force."""

from aimak_billing.domain.simulation.books import Pair, billed_in, pairs
from aimak_billing.domain.simulation.compare import Compared, compare, of_chunks, over_periods
from aimak_billing.domain.simulation.report import report

__all__ = ["Compared", "Pair", "billed_in", "compare", "of_chunks", "over_periods", "pairs", "report"]
