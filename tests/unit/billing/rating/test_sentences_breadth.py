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


def water(**attributes):
    """Metered water with 12 m³ and what else the connection carries."""
    return {"service": "water", "provider": "p", "attributes": {"metered": True, **attributes}, "usage": 12_000}


CONNECTIONS = [
    (
        "kindergarten",
        "- {code: meals, kind: attendance, price: 120}",
        {"attributes": {"days_attended": 16, "days_open": 21}},
        {
            "en": "16 of 21 days × 120.00 som = 1 920.00 som",
            "ru": "16 из 21 дн. × 120.00 сом = 1 920.00 сом",
            "ky": "21 күндүн 16 күнү × 120.00 сом = 1 920.00 сом",
        },
    ),
    (
        "kindergarten",
        "- {code: fee, kind: attendance, price: 1500, per: period}",
        {"attributes": {"days_attended": 14, "days_open": 21}},
        {
            "en": "1 500.00 som for 14 of 21 days = 1 000.00 som",
            "ru": "1 500.00 сом за 14 из 21 дн. = 1 000.00 сом",
            "ky": "1 500.00 сом, 21 күндүн 14 күнү = 1 000.00 сом",
        },
    ),
    (
        "water",
        "- {code: act, kind: pipe_section, price: 30, metres_a_second: 1.2}",
        water(pipe_mm=25, draw_hours=72),
        {
            "en": "pipe of 25 mm, 72 hours at 1.2 m/s: 152.681 m³ × 30.00 som = 4 580.43 som",
            "ru": "труба 25 мм, 72 ч при 1.2 м/с: 152.681 м³ × 30.00 сом = 4 580.43 сом",
            "ky": "25 мм түтүк, 72 саат, 1.2 м/с: 152.681 м³ × 30.00 сом = 4 580.43 сом",
        },
    ),
    (
        "water",
        VOLUME + "- {code: b, kind: benefit, percent: 50 %, of: [v], when: {benefit: veteran}}",
        water(benefit="veteran"),
        {
            "en": "By volume: 12.000 m³ × 10.00 som = 120.00 som; Benefit: 50 % benefit on 120.00 som: -60.00 som",
            "ru": "По объёму: 12.000 м³ × 10.00 сом = 120.00 сом; Льгота: льгота 50 % от 120.00 сом: -60.00 сом",
            "ky": "Көлөмү боюнча: 12.000 м³ × 10.00 сом = 120.00 сом; "
            "Жеңилдик: 120.00 сом суммасынан 50 % жеңилдик: -60.00 сом",
        },
    ),
    (
        "water",
        VOLUME + "- {code: b, kind: benefit, percent: 50 %, of: [v], when: {benefit: veteran}}",
        water(),
        {
            "en": "12.000 m³ × 10.00 som = 120.00 som",
            "ru": "12.000 м³ × 10.00 сом = 120.00 сом",
            "ky": "12.000 м³ × 10.00 сом = 120.00 сом",
        },
    ),
    (
        "water",
        VOLUME + "- {code: s, kind: subsidy, units: 3, of: [v]}",
        water(),
        {
            "en": "By volume: 12.000 m³ × 10.00 som = 120.00 som; Subsidy: the budget pays the first 3 m³: -30.00 som",
            "ru": "По объёму: 12.000 м³ × 10.00 сом = 120.00 сом; Субсидия: за первые 3 м³ платит бюджет: -30.00 сом",
            "ky": "Көлөмү боюнча: 12.000 м³ × 10.00 сом = 120.00 сом; Субсидия: алгачкы 3 м³ бюджет төлөйт: -30.00 сом",
        },
    ),
    (
        "water",
        VOLUME + "- {code: o, kind: outage_credit, of: [v]}",
        water(days_without_supply=3),
        {
            "en": "By volume: 12.000 m³ × 10.00 som = 120.00 som; "
            "Credit for outages: 3 of 31 days without supply: -11.61 som",
            "ru": "По объёму: 12.000 м³ × 10.00 сом = 120.00 сом; "
            "Возврат за перерывы: 3 из 31 дн. без услуги: -11.61 сом",
            "ky": "Көлөмү боюнча: 12.000 м³ × 10.00 сом = 120.00 сом; "
            "Үзгүлтүк үчүн кайтаруу: 31 күндүн 3 күнү кызмат болгон жок: -11.61 сом",
        },
    ),
    (
        "water",
        "- {code: v, kind: seasonal, seasons: [{months: [5, 6, 7, 8, 9], price: 14}, "
        "{months: [10, 11, 12, 1, 2, 3, 4], price: 10}]}",
        water(),
        {
            "en": "12.000 m³ × 10.00 som = 120.00 som",
            "ru": "12.000 м³ × 10.00 сом = 120.00 сом",
            "ky": "12.000 м³ × 10.00 сом = 120.00 сом",
        },
    ),
    (
        "water",
        "- {code: livestock, kind: per_head, price: 35}",
        water(cattle=7),
        {
            "en": "7 head × 35.00 som = 245.00 som",
            "ru": "7 гол. × 35.00 сом = 245.00 сом",
            "ky": "7 баш × 35.00 сом = 245.00 сом",
        },
    ),
    (
        "water",
        "- {code: v, kind: block, by: meter_size, sets: [{keys: '50', blocks: [{price: 5}]}, "
        "{keys: ['15', '20'], blocks: [{up_to: 10, price: 2}, {price: 4}]}]}",
        water(meter_size="20"),
        {
            "en": "10.000 m³ × 2.00 som + 2.000 m³ × 4.00 som = 28.00 som",
            "ru": "10.000 м³ × 2.00 сом + 2.000 м³ × 4.00 сом = 28.00 сом",
            "ky": "10.000 м³ × 2.00 сом + 2.000 м³ × 4.00 сом = 28.00 сом",
        },
    ),
]


@pytest.mark.parametrize("lang", ["en", "ru", "ky"])
@pytest.mark.parametrize(("service", "components", "connection", "sentences"), CONNECTIONS)
def test_attributes_and_facts_are_told(made, service, components, connection, sentences, lang):
    """Attendance, a pipe by act, benefit and subsidy, an outage, season, cattle, blocks by the meter's size."""
    book = made(tariff(components, service=service))
    assert said(book, {"service": service, "provider": "p", **connection}, lang) == sentences[lang] + TARIFF[lang]
