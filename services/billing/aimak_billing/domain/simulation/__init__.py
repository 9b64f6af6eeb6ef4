"""What a draft would change: chosen periods rated once more with it, beside the tariffs that were in force."""

from aimak_billing.domain.simulation.books import Pair, pairs
from aimak_billing.domain.simulation.compare import Compared, compare, together
from aimak_billing.domain.simulation.report import report

__all__ = ["Compared", "Pair", "compare", "pairs", "report", "together"]
