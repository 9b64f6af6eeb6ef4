"""Names in the reader's language."""

from __future__ import annotations

import pytest
from aimak.languages import spoken


@pytest.mark.parametrize(
    ("names", "lang", "called"),
    [
        ({"ky": "Суу канал", "ru": "Водоканал", "en": "Water"}, "en", "Water"),
        ({"ky": "Суу канал", "ru": "Водоканал"}, "en", "Водоканал"),
        ({"ky": "Суу канал", "ru": "Водоканал", "en": ""}, "en", "Водоканал"),
        ({"ru": "", "ky": "Суу канал"}, "en", "Суу канал"),
        ({"en": "Water"}, "ky", "Water"),
        ({}, "ky", ""),
    ],
)
def test_a_missing_name_is_the_russian_one_else_any(names: dict[str, str], lang: str, called: str) -> None:
    """In the language that was asked for, else in Russian, else in whatever there is."""
    assert spoken(names, lang) == called
