"""Rating: tariffs applied to connections, on columns; one account is a frame of one row."""

from aimak_billing.domain.rating.book import Book
from aimak_billing.domain.rating.calculate import quote, rate
from aimak_billing.domain.rating.clashes import conflicts
from aimak_billing.domain.rating.plugins import Plugins
from aimak_billing.domain.rating.rated import Rated, together
from aimak_billing.domain.rating.sentences import explain, label, unit_of

__all__ = ["Book", "Plugins", "Rated", "conflicts", "explain", "label", "quote", "rate", "together", "unit_of"]
