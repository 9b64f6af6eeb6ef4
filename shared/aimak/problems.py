"""What can go wrong, as values: a code, its fields and its place. Text is made at the edge, see `aimak.texts`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

Field = str | int | None


@dataclass(frozen=True)
class Place:
    """Where a problem was seen. `line` counts from 1 as an editor does; `path` is a place inside a structure."""

    file: str | None = None
    line: int | None = None
    column: str | None = None
    path: str | None = None


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. `code` is looked up in the catalogue of the distribution that owns it. `inner` are the
    problems that it comes from; in its text they stand for {reason}."""

    code: str
    fields: Mapping[str, Field] = field(default_factory=dict)
    place: Place | None = None
    severity: str = "error"
    inner: tuple[Problem, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The untranslated form: code, fields, place (only what is known of it), severity and inner problems if any."""
        place = {key: value for key, value in asdict(self.place).items() if value is not None} if self.place else None
        inner = {"inner": [problem.as_json() for problem in self.inner]} if self.inner else {}
        return {"code": self.code, "fields": dict(self.fields), "place": place, "severity": self.severity, **inner}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Problem:
        """Read back what `as_json` wrote."""
        place = Place(**value["place"]) if value.get("place") else None
        inner = tuple(map(cls.from_json, value.get("inner") or ()))
        return cls(value["code"], dict(value.get("fields") or {}), place, value.get("severity", "error"), inner)


class Refused(Exception):
    """A command that cannot be done, with every reason found. Nothing of it has been written."""

    status: ClassVar[int] = 422

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{problem.code} {dict(problem.fields)}" for problem in problems))
        self.problems = problems


class NotFound(Refused):
    """What was asked for does not exist for this tenant."""

    status = 404


class Conflict(Refused):
    """The state of things does not allow it now, or the same key was used for something else."""

    status = 409


class Forbidden(Refused):
    """The actor may not do this."""

    status = 403


class Unauthorized(Refused):
    """Nobody, or nobody known, is asking."""

    status = 401


class PermanentFault(Exception):
    """A message that no repetition can mend; it goes to the dead letters at once."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.code} {dict(problem.fields)}")
        self.problem = problem
