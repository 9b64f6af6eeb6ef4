"""Every kind of line reads like a sentence that a resident understands, in each language."""

import pytest

from tests.unit.billing.rating.conftest import tariff
from tests.unit.billing.rating.test_sentences import said

METERED = {"service": "water", "provider": "p", "attributes": {"metered": True}}
TARIFF = {
    "en": "; tariff of 1 June 2026, decision 14",
    "ru": "; тариф от 1 июня 2026 г., постановление 14",
    "ky": "; 2026-ж., 1-июнь тарифи, токтом 14",
}
VOLUME = "- {code: v, kind: per_unit, price: 10}\n"
SENTENCES = [
    (
        "- {code: v, kind: block, blocks: [{up_to: 10, price: 2}, {up_to: 20, price: 4}, {price: 5}]}",
        25_000,
        {
            "en": "10.000 m³ × 2.00 som + 10.000 m³ × 4.00 som + 5.000 m³ × 5.00 som = 85.00 som",
            "ru": "10.000 м³ × 2.00 сом + 10.000 м³ × 4.00 сом + 5.000 м³ × 5.00 сом = 85.00 сом",
            "ky": "10.000 м³ × 2.00 сом + 10.000 м³ × 4.00 сом + 5.000 м³ × 5.00 сом = 85.00 сом",
        },
    ),
    (
        "- {code: v, kind: block, blocks: [{up_to: 5, price: 0, fixed: 27}, {up_to: 15, price: 2}, {price: 1.10}]}",
        16_000,
        {
            "en": "5.000 m³ × 0.00 som + 10.000 m³ × 2.00 som + 1.000 m³ × 1.10 som + 27.00 som = 48.10 som",
            "ru": "5.000 м³ × 0.00 сом + 10.000 м³ × 2.00 сом + 1.000 м³ × 1.10 сом + 27.00 сом = 48.10 сом",
            "ky": "5.000 м³ × 0.00 сом + 10.000 м³ × 2.00 сом + 1.000 м³ × 1.10 сом + 27.00 сом = 48.10 сом",
        },
    ),
    (
        "- {code: v, kind: reached_block, blocks: [{up_to: 10, price: 2}, {price: 4}]}",
        25_000,
        {
            "en": "25.000 m³ × 4.00 som = 100.00 som",
            "ru": "25.000 м³ × 4.00 сом = 100.00 сом",
            "ky": "25.000 м³ × 4.00 сом = 100.00 сом",
        },
    ),
    (
        "- {code: v, kind: package, included: 5, size: 10, price: 15}",
        25_000,
        {
            "en": "2 packages × 15.00 som = 30.00 som",
            "ru": "2 пакет. × 15.00 сом = 30.00 сом",
            "ky": "2 пакет × 15.00 сом = 30.00 сом",
        },
    ),
    (
        "- {code: v, kind: per_unit, price: 3.45, share: 80 %}",
        12_345,
        {
            "en": "80 % of 12.345 m³: 9.876 m³ × 3.45 som = 34.07 som",
            "ru": "80 % от 12.345 м³: 9.876 м³ × 3.45 сом = 34.07 сом",
            "ky": "12.345 м³ көлөмүнөн 80 %: 9.876 м³ × 3.45 сом = 34.07 сом",
        },
    ),
    (
        "- {code: v, kind: per_unit, price: 10, at_least: 5}",
        0,
        {
            "en": "0 m³, at least 5 are charged: 5.000 m³ × 10.00 som = 50.00 som",
            "ru": "0 м³, считается не меньше 5: 5.000 м³ × 10.00 сом = 50.00 сом",
            "ky": "0 м³, кеминде 5 эсептелет: 5.000 м³ × 10.00 сом = 50.00 сом",
        },
    ),
    (
        VOLUME + "- {code: least, kind: minimum, bound: 100, of: [v]}",
        3_000,
        {
            "en": "By volume: 3.000 m³ × 10.00 som = 30.00 som; "
            "Up to the minimum: 70.00 som up to the minimum of 100.00 som",
            "ru": "По объёму: 3.000 м³ × 10.00 сом = 30.00 сом; "
            "Доначисление до минимума: до минимума 100.00 сом ещё 70.00 сом",
            "ky": "Көлөмү боюнча: 3.000 м³ × 10.00 сом = 30.00 сом; "
            "Эң аз төлөмгө чейин: эң аз төлөм 100.00 сом жеткенге чейин 70.00 сом",
        },
    ),
    (
        VOLUME + "- {code: most, kind: maximum, bound: 20, of: [v]}",
        3_000,
        {
            "en": "By volume: 3.000 m³ × 10.00 som = 30.00 som; "
            "Down to the maximum: -10.00 som down to the maximum of 20.00 som",
            "ru": "По объёму: 3.000 м³ × 10.00 сом = 30.00 сом; Снижение до максимума: не больше 20.00 сом: -10.00 сом",
            "ky": "Көлөмү боюнча: 3.000 м³ × 10.00 сом = 30.00 сом; "
            "Эң көп төлөмдөн ашканы: эң көп төлөм 20.00 сом болгондуктан -10.00 сом",
        },
    ),
    (
        VOLUME + "- {code: levy, kind: percentage, percent: 2.5 %, of: [v]}",
        3_000,
        {
            "en": "By volume: 3.000 m³ × 10.00 som = 30.00 som; Percentage: 2.5 % of 30.00 som = 0.75 som",
            "ru": "По объёму: 3.000 м³ × 10.00 сом = 30.00 сом; Процент: 2.5 % от 30.00 сом = 0.75 сом",
            "ky": "Көлөмү боюнча: 3.000 м³ × 10.00 сом = 30.00 сом; Пайыз: 30.00 сом суммасынан 2.5 % = 0.75 сом",
        },
    ),
    (
        VOLUME + "- {code: large, kind: coefficient, of: [v], steps: [{above: 2, coefficient: 1.5}]}",
        3_000,
        {
            "en": "By volume: 3.000 m³ × 10.00 som = 30.00 som; Coefficient: coefficient 1.5 on 30.00 som: 15.00 som",
            "ru": "По объёму: 3.000 м³ × 10.00 сом = 30.00 сом; Коэффициент: коэффициент 1.5 к 30.00 сом: 15.00 сом",
            "ky": "Көлөмү боюнча: 3.000 м³ × 10.00 сом = 30.00 сом; "
            "Коэффициент: 1.5 коэффициенти, 30.00 сом суммасына 15.00 сом",
        },
    ),
]


@pytest.mark.parametrize("lang", ["en", "ru", "ky"])
@pytest.mark.parametrize(("components", "usage", "sentences"), SENTENCES)
def test_a_line_reads_like_a_sentence(made, components, usage, sentences, lang):
    """Blocks each at their own price, packages, shares, minimum and maximum, percentage, coefficient."""
    assert said(made(tariff(components)), {**METERED, "usage": usage}, lang) == sentences[lang] + TARIFF[lang]


def test_a_norm_for_a_year_is_told_as_a_twelfth_of_it(made):
    """Persons, the norm of a year, the days of the month, and the volume that it gives."""
    norms = "norms: {table: [{when: {norm: city}, quantity: 2.38}]}"
    book = made(tariff("- {code: v, kind: norm, price: 512.98, norms_for: year}", extra=norms))
    home = {"service": "water", "provider": "p", "attributes": {"metered": False, "norm": "city"}, "residents": 1}
    assert said(book, home).startswith(
        "1 pers. × 2.38 m³ a year ÷ 12, 31 of 31 days: 0.198 m³ × 512.98 som = 101.74 som; tariff"
    )
