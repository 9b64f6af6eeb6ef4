"""Reading sources: the installed formats, and which of them takes a file."""

from __future__ import annotations

from aimak.files import Document, Source
from aimak.plugins.reading_sources import HEAD_BYTES, Fit, ReadingSource
from aimak.plugins.registry import Registry
from aimak.problems import Place, Problem, Refused

NO_SOURCE = "AIM-M501"


class AnySource:
    """Reads a file by the installed source that knows it best."""

    def __init__(self, sources: Registry[ReadingSource]) -> None:
        self._sources = sources

    def open(self, source: Source) -> Document:
        """The file by the surest source, the first by code among equals. Raises Refused when none knows it."""
        head = next(source.chunks(), b"")[:HEAD_BYTES]
        best, chosen = Fit.NO, ""
        for code, plugin in self._sources.all():
            fit = plugin().recognises(source.name, head)
            if fit > best:
                best, chosen = fit, code
        taken = self._sources.get(chosen)
        if taken is None:
            known = ", ".join(self._sources.codes())
            raise Refused(Problem(NO_SOURCE, {"file": source.name, "sources": known}, Place(file=source.name)))
        return taken().open(source)
