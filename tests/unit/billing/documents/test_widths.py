"""Where a text is broken so that it fits its column."""

from __future__ import annotations

import typst
from aimak_billing.documents.pdf import fonts
from aimak_billing.documents.widths import broken
from hypothesis import given
from hypothesis import strategies as st

WORDS = st.text("АЖӨҮҢшщюяіёйABCdefi№«»-–—/.,()0123456789", min_size=1, max_size=24)


@given(st.lists(WORDS, min_size=1, max_size=12), st.sampled_from([(31, 8), (48, 8), (130, 6.6)]))
def test_nothing_is_lost_by_breaking(words: list[str], room: tuple[float, float]) -> None:
    """What stands on the lines, one after another, is the text, but for spaces at breaks."""
    text = " ".join(words)
    lines = broken(text, *room)
    assert lines.replace("\n", "").replace(" ", "") == text.replace(" ", "")


def test_typst_finds_every_line_narrow_enough() -> None:
    """The widths read from the font are those that typst lays out: a broken text has as many lines in its column."""
    texts = ("Катуу таштандыларды чыгаруу жана көмүү: 0-тилке", "ШШШШШШШШШШШШШШШШШШШШШШШШШШ", "Жаңы-Турмуш көч., 12")
    for text in texts:
        said = broken(text, 36, 8)
        page = (
            '#set text(font: "Noto Sans", size: 8pt, hyphenate: false)\n'
            '#context [#metadata((measure(block(width: 36mm, "{}")).height / 1pt)) <high>]'
        )
        high = [
            typst.query(
                page.format(lines.replace("\n", "\\n")).encode(), "<high>", field="value", one=True, font_paths=fonts()
            )
            for lines in (said, "\n".join("a" * (said.count("\n") + 1)))
        ]
        assert high[0] == high[1], text
