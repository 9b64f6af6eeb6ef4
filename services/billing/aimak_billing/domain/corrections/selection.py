"""What a run covers: everybody, or a part of the town, each with a text of its own that the run's id follows from."""

from __future__ import annotations

import re
from dataclasses import dataclass

EVERYBODY = "all"
# Kinds that narrow the services of every account, and kinds that narrow the accounts.
OF_SERVICES = ("service", "provider")
OF_ACCOUNTS = ("street", "account", "bill", "list", "route", "touched")
_VALUE = re.compile(r"[^\s:\x00-\x1f]{1,48}")


@dataclass(frozen=True)
class Selection:
    """`kind` and its value: ("service", "waste"), ("street", "<address id>"), ("account", "<number>"), ("bill",
    "<number>"), ("list", "<a name>") or ("route", "<a name>") for accounts that are named one by one,
    ("touched", "") for accounts of which
    something became known after they were billed; ("all", "")."""

    kind: str
    value: str = ""

    @classmethod
    def read(cls, text: str) -> Selection | None:
        """The selection that `text` names ("all", "service:waste"); None for what is none."""
        kind, _, value = text.partition(":")
        if text in (EVERYBODY, "touched"):
            return cls(text)
        if kind in (*OF_SERVICES, *OF_ACCOUNTS) and kind != "touched" and _VALUE.fullmatch(value):
            return cls(kind, value)
        return None

    @property
    def text(self) -> str:
        """As it stands in the run's row."""
        return f"{self.kind}:{self.value}" if self.value else self.kind

    @property
    def of_accounts(self) -> bool:
        """Whether it names accounts one by one; they are fixed when the run is started."""
        return self.kind in OF_ACCOUNTS

    @property
    def scope(self) -> str:
        """What of each account it bills: "all", or the service or provider."""
        return self.text if self.kind in OF_SERVICES else EVERYBODY


def is_limited(text: str) -> bool:
    """Whether a run's selection names its accounts one by one."""
    selection = Selection.read(text)
    return selection is not None and selection.of_accounts
