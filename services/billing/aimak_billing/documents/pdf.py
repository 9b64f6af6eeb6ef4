"""A template laid out as PDF: the same bytes for the same words and instant, on any machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

FONTS = Path(__file__).parent / "fonts"
# How many documents back typst remembers what it laid out.
_REMEMBERED = 10


def laid_out(template: Path, said: Mapping[str, Any], at: datetime, *, tagged: bool = True) -> bytes:
    """The pages of `template`, which reads `said` as JSON from its input `said`; `at` is the instant that stands in the
    file as its making. `tagged`: for screen readers."""
    pdf = typst.compile(
        template,
        format="pdf",
        font_paths=fonts(),
        sys_inputs={"said": json.dumps(said, ensure_ascii=False)},
        # typst takes no part of a second.
        timestamp=at.replace(microsecond=0),
        pdf_tags=tagged,
    )
    assert isinstance(pdf, bytes)
    return pdf


def forget() -> None:
    """Have typst let go of what it remembers. It keeps the last ten documents, some hundred megabytes where they are
    print-house files, of which nothing serves the next; new memory instead of old takes a tenth of the time."""
    for _ in range(_REMEMBERED + 1):
        typst.compile(b"", format="pdf", font_paths=fonts())


@cache
def fonts() -> Any:
    """The package's own fonts alone: with the system's, two machines would print two bills."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
