"""How a text is cut into parts."""

import pytest
from aimak_notifications.domain.segmentation import (
    BASIC,
    EXTENDED,
    GSM7,
    MULTI_UNITS,
    SINGLE_UNITS,
    UCS2,
    encoding_of,
    plain,
    segment,
    units,
)
from hypothesis import given
from hypothesis import strategies as st

EMOJI = "😀"
LATIN = st.text(BASIC + EXTENDED, min_size=1, max_size=700)
ANY = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=300)


def sizes(text: str) -> list[int]:
    """Characters of each part."""
    return [len(part) for part in segment(text).parts]


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        ("a" * 160, GSM7, [160]),
        ("a" * 161, GSM7, [153, 8]),
        ("a" * 306, GSM7, [153, 153]),
        ("a" * 307, GSM7, [153, 153, 1]),
        ("€" * 80, GSM7, [80]),
        ("€" * 81, GSM7, [76, 5]),
        ("a" * 158 + "€", GSM7, [159]),
        ("a" * 159 + "€", GSM7, [153, 7]),
        ("a" * 152 + "€" + "a" * 10, GSM7, [152, 11]),
        ("ы" * 70, UCS2, [70]),
        ("ы" * 71, UCS2, [67, 4]),
        ("ы" * 134, UCS2, [67, 67]),
        ("ы" * 135, UCS2, [67, 67, 1]),
        (EMOJI * 35, UCS2, [35]),
        (EMOJI * 36, UCS2, [33, 3]),
        ("ы" * 66 + EMOJI + "ы" * 10, UCS2, [66, 11]),
    ],
)
def test_boundaries(text: str, encoding: str, expected: list[int]) -> None:
    """A part is filled to its last unit and a pair of units is never cut apart."""
    assert (segment(text).encoding, sizes(text)) == (encoding, expected)


def test_tables_are_whole() -> None:
    """GSM 03.38 has 127 characters beside the escape, and ten more behind it."""
    assert (len(set(BASIC)), len(BASIC), len(set(EXTENDED))) == (127, 127, 10)
    assert not set(BASIC) & set(EXTENDED)


@pytest.mark.parametrize("char", "ңөүёы№«»“”’–—…°²•\t\u00a0çÁ")
def test_not_in_the_table(char: str) -> None:
    """One character outside the table turns the whole text into UCS-2."""
    assert encoding_of("account 0401234 " + char) == UCS2


def test_plain_marks_save_parts() -> None:
    """Typographic marks in a Latin text are made plain, so that it stays in 7 bits."""
    written = "“Naryn” — account № 12… it’s due\u00a0now – «pay»"
    assert plain(written) == '"Naryn" - account No. 12... it\'s due now - "pay"'
    assert encoding_of(plain(written)) == GSM7


def test_cyrillic_keeps_its_marks() -> None:
    """In a Cyrillic text nothing is won by plain marks, so they stay."""
    assert plain("«Нарын» — № 12") == "«Нарын» — № 12"


def test_nothing_is_not_sent() -> None:
    """An empty text is refused."""
    with pytest.raises(ValueError, match="empty"):
        segment("")


def test_parts_fit_their_header() -> None:
    """A text of more parts than the header can count is refused."""
    assert len(segment("ы" * 67 * 255).parts) == 255
    with pytest.raises(ValueError, match="256 parts"):
        segment("ы" * (67 * 255 + 1))


@given(LATIN | ANY)
def test_nothing_is_lost(text: str) -> None:
    """The parts, put together, are the text."""
    assert segment(text).text == text


@given(LATIN | ANY)
def test_every_part_fits(text: str) -> None:
    """No part is larger than its room, none is empty, and each can be encoded by itself."""
    cut = segment(text)
    room = (SINGLE_UNITS if len(cut.parts) == 1 else MULTI_UNITS)[cut.encoding]
    for part in cut.parts:
        assert 0 < units(part, cut.encoding) <= room
        part.encode("utf-16-be")


@given(LATIN | ANY)
def test_no_part_is_wasted(text: str) -> None:
    """The first character of a part had no room in the part before."""
    cut = segment(text)
    for before, after in zip(cut.parts, cut.parts[1:], strict=False):
        assert units(before + after[0], cut.encoding) > MULTI_UNITS[cut.encoding]


@given(ANY)
def test_plain_never_costs_more(text: str) -> None:
    """Making marks plain never moves a text out of 7 bits."""
    if encoding_of(text) == GSM7:
        assert encoding_of(plain(text)) == GSM7
    else:
        assert plain(text) == text or encoding_of(plain(text)) == GSM7
