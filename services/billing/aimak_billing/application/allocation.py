"""How payments are set against debts, from a day on; before the first rule the oldest debt is paid first."""

from __future__ import annotations

from aimak_billing.application.dated_rules import DatedRules
from aimak_billing.domain.allocation import METHODS

RULES = DatedRules("allocation_policy", METHODS, ("priority",))
