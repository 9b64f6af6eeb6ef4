"""A tariff file is read with the place of everything that is wrong, and written so that it reads back the same."""

import re
from dataclasses import replace

import pytest
from aimak.plugins.rate_components import Part
from aimak.problems import Refused
from aimak.texts import text
from aimak_billing.domain.rating import conflicts
from aimak_billing.plugins.rate_components.per_unit.plugin import PerUnit
from aimak_billing.tariff_file import as_json, dump, from_json, load, tax_as_json, tax_from_json

GOOD = """\
aimak: tariffs/1
tariffs:
  - code: water
    service: water
    provider: vodokanal
    name: {ky: суу, ru: вода, en: water}
    from: 2026-06-01
    to: 2027-06-01
    applies_to: {class: [household, other], metered: true}
    decision: {body: council, number: "014", date: 2026-05-22}
    legal_ground: "law: the one"
    frequency: month
    without_reading: hold
    norms:
      per: month
      table:
        - {when: {norm: flat}, quantity: 0.2, from: 2026-01-01, to: 2026-12-31}
        - {quantity: 6}
    rounding: {mode: up, to: 1}
    components:
      - {code: standing, kind: fixed, price: 5, prorate: days, name: {ky: а, ru: б, en: c}}
      - code: volume
        kind: block
        blocks:
          - {up_to: 10.5, price: 10.45}
          - {price: 0.33333333}
      - {code: sales_tax, kind: tax, tax: sales_tax, of: [volume]}
taxes:
  - tax: sales_tax
    name: {ky: салык, ru: налог, en: tax}
    rate: 2.5 %
    service: water
    class: [household, other]
    regime: general
    from: 2026-01-01
    legal_ground: code
"""


def problems(plugins, text):
    """(code, line, path) of every problem."""
    found = load(text, "naryn", plugins, "t.yaml").problems
    return [(problem.code, problem.place.line, problem.place.path) for problem in found]


def changed(old, new):
    """The good file with one thing changed."""
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


def test_everything_that_can_be_said_reads_back_the_same(plugins):
    """YAML out and in, and the database's JSON out and in, give equal versions and rules."""
    loaded = load(GOOD, "naryn", plugins)
    assert loaded.problems == ()
    (version,), (rule,) = loaded.versions, loaded.taxes
    again = load(dump(loaded.versions, plugins, loaded.taxes), "naryn", plugins)
    assert again == loaded
    assert from_json(as_json(version, plugins), "naryn", plugins) == version
    assert tax_from_json(tax_as_json(rule), "naryn") == rule
    assert dump(again.versions, plugins, again.taxes) == dump(loaded.versions, plugins, loaded.taxes)


def test_what_stands_in_the_file_is_what_is_meant(plugins):
    """Prices in tyiyn with their scale, shares in millionths, "014" stays text, conditions are words."""
    loaded = load(GOOD, "naryn", plugins)
    (version,), (rule,) = loaded.versions, loaded.taxes
    standing, volume, _ = version.components
    assert (standing.parameters["price"].units, standing.parameters["price"].scale) == (500, 0)
    last = volume.parameters["blocks"][-1]["price"]
    assert (last.units, last.scale) == (33333333, 6)
    assert version.decision.number == "014" and rule.share == 25_000
    assert version.applies_to == {"class": ("household", "other"), "metered": ("true",)}
    assert version.norms[0].thousandths == 200 and version.rounding.unit == 100


WRONG = [
    ("price: 10.45", "price: ten", "AIM-T004", 25, "tariffs[0].components[1].blocks[0].price"),
    ("price: 10.45", "price: 1e3", "AIM-T004", 25, "tariffs[0].components[1].blocks[0].price"),
    ("price: 10.45", "price: -10.45", "AIM-T004", 25, "tariffs[0].components[1].blocks[0].price"),
    ("price: 10.45", "price: 10000000000", "AIM-T005", 25, "tariffs[0].components[1].blocks[0].price"),
    ("price: 10.45", "price: 0.123456789", "AIM-T031", 25, "tariffs[0].components[1].blocks[0].price"),
    ("price: 10.45", "cost: 10.45", "AIM-T002", 25, "tariffs[0].components[1].blocks[0].price"),
    ("up_to: 10.5, ", "", "AIM-T018", 22, "tariffs[0].components[1]"),
    ("    service: water\n    provider", "    service: magic\n    provider", "AIM-T006", 4, "tariffs[0].service"),
    ("kind: fixed", "kind: guess", "AIM-T007", 21, "tariffs[0].components[0].kind"),
    ("to: 2027-06-01", "to: 2027-06-31", "AIM-T008", 8, "tariffs[0].to"),
    ("to: 2027-06-01", "to: 2026-06-01", "AIM-T034", 3, "tariffs[0]"),
    ("of: [volume]", "of: [volumes]", "AIM-T011", 27, "tariffs[0].components[2]"),
    ("of: [volume]", "of: [sales_tax]", "AIM-T010", 27, "tariffs[0].components[2]"),
    ("code: standing", "code: volume", "AIM-T012", 22, "tariffs[0].components[1].code"),
    ("code: standing", "code: residents", "AIM-T012", 21, "tariffs[0].components[0].code"),
    ("    provider: vodokanal", "    provider: a\n    provider: b", "AIM-T012", 6, "tariffs[0].provider"),
    ("mode: up", "mode: sideways", "AIM-T013", 19, "tariffs[0].rounding.mode"),
    ("    decision: {body", "    decisions: {body", "AIM-T003", 10, "tariffs[0].decisions"),
    ('number: "014", ', "", "AIM-T002", 10, "tariffs[0].decision.number"),
    ("ru: вода, ", "", "AIM-T002", 6, "tariffs[0].name"),
    ("metered: true}", "colour: red}", "AIM-T016", 9, "tariffs[0].applies_to.colour"),
    ("when: {norm: flat}", "when: {colour: red}", "AIM-T016", 17, "tariffs[0].norms.table[0].when.colour"),
    ("- code: water", "- code: Water 1", "AIM-T032", 3, "tariffs[0].code"),
    ("rate: 2.5 %", "rate: some", "AIM-T004", 31, "taxes[0].rate"),
    ("aimak: tariffs/1", "aimak: tariffs/2", "AIM-T013", 1, "aimak"),
]


@pytest.mark.parametrize(("old", "new", "code", "line", "path"), WRONG)
def test_what_is_wrong_is_told_with_its_line_and_path(plugins, old, new, code, line, path):
    """Each fault has its own code, at the line where an editor shows it; nothing is to be taken then."""
    assert (code, line, path) in problems(plugins, changed(old, new))


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        ("", "AIM-T035", 1),
        ("# only a remark\n", "AIM-T035", 1),
        ("aimak: tariffs/1\ntariffs: [\n", "AIM-T001", 3),
        ("aimak: tariffs/1\n\ttariffs: []\n", "AIM-T001", 2),
        ("just words\n", "AIM-T037", 1),
        ("- 1\n", "AIM-T037", 1),
        ("aimak: tariffs/1\ntariffs: {}\n", "AIM-T068", 2),
        ("aimak: tariffs/1\ntariffs: [x]\n", "AIM-T069", 2),
        ("a: &a [1]\nb: [*a, *a]\n", "AIM-T003", 1),
        ("x: &x [*x]\n", "AIM-T030", None),
        ("a: \x00\n", "AIM-T001", None),
    ],
)
def test_a_file_that_is_no_tariff_file_is_refused_in_words(plugins, content, code, line):
    """Empty, broken, something else, or a snake that bites its tail: a problem, no exception."""
    assert (code, line) in [(told[0], told[1]) for told in problems(plugins, content)]


def test_all_problems_are_told_at_once_in_the_order_of_lines(plugins):
    """Three faults in one file are three problems."""
    wrong = changed("price: 10.45", "price: ten").replace("price: 5", "price: five").replace("2.5 %", "x")
    lines = [line for _, line, _ in problems(plugins, wrong)]
    assert len(lines) == 3 and lines == sorted(lines)


def twice(second):
    """The tariff of the good file and another one."""
    body = GOOD[GOOD.index("  - code: water") : GOOD.index("taxes:")]
    return GOOD.replace("taxes:", second(body) + "taxes:")


def test_two_tariffs_for_one_date_are_refused_at_the_later_ones_line(plugins):
    """The same connection could fall under both: told with both codes and the first such day."""
    file = twice(lambda body: body.replace("code: water", "code: water-2").replace("2026-06-01", "2026-09-01"))
    loaded = load(file, "naryn", plugins)
    (problem,) = loaded.problems
    assert (problem.code, problem.place.line) == ("AIM-T009", 32)
    assert problem.fields == {"code": "water-2", "other": "water", "date": "2026-09-01"}
    assert conflicts(loaded.versions) == (type(problem)(problem.code, problem.fields),)


@pytest.mark.parametrize(
    "changes",
    [
        [
            ("code: water", "code: water-2"),
            ("to: 2027-06-01", "to: 2028-01-01"),
            ("from: 2026-06-01", "from: 2027-06-01"),
        ],
        [("code: water", "code: water-2"), ("[household, other]", "budget")],
        [("code: water", "code: water-2"), ("metered: true", "metered: false")],
        [("code: water", "code: water-2"), ("provider: vodokanal", "provider: other")],
        [("from: 2026-06-01", "from: 2026-09-01")],
    ],
)
def test_tariffs_that_cannot_meet_are_both_taken(plugins, changes):
    """Other dates, other customers, another creditor, or the next version of the same code."""

    def second(body):
        for old, new in changes:
            body = body.replace(old, new)
        return body

    assert problems(plugins, twice(second)) == []


def test_a_draft_may_lie_beside_what_is_in_force(plugins):
    """A draft for the same customers and days clashes with nothing; under the same code and day it does."""
    (one,) = load(GOOD, "naryn", plugins).versions
    draft = replace(one, status="draft")
    assert conflicts([one, replace(draft, code="water-2")]) == ()
    assert [problem.code for problem in conflicts([one, replace(one, code="water-2")])] == ["AIM-T009"]
    assert [problem.code for problem in conflicts([one, draft])] == ["AIM-T009"]


def test_a_tariff_without_a_decision_is_a_tariff(plugins):
    """The council decides after the draft is written: the file may leave it out, and writes none of its own."""
    (line,) = [line for line in GOOD.splitlines() if "decision:" in line]
    loaded = load(GOOD.replace(line + "\n", ""), "naryn", plugins)
    assert loaded.problems == () and loaded.versions[0].decision is None
    assert "decision" not in dump(loaded.versions, plugins)
    assert load(dump(loaded.versions, plugins), "naryn", plugins).versions == loaded.versions


def test_two_rates_of_a_tax_for_one_date_are_refused(plugins):
    """A rule for all classes beside one for households, on the same days."""
    rule = GOOD[GOOD.index("  - tax:") :]
    file = GOOD + rule.replace("    class: [household, other]\n", "").replace("2026-01-01", "2026-03-01")
    assert [told[:2] for told in problems(plugins, file)] == [("AIM-T017", 42)]
    later = GOOD + rule.replace("2026-01-01", "2026-03-01")
    assert problems(plugins, later) == []


class Cubed(PerUnit):
    """A stranger's component that multiplies too often."""

    code = "cubed"

    def parts(self, inputs):
        """The third power of the quantity × price."""
        quantity = inputs["quantity"]
        return [Part(quantity * quantity * quantity * self.parameters["price"].number)]


def test_what_could_leave_128_bits_is_refused_when_the_tariff_is_entered(plugins):
    """Proved from the bounds of the quantity and the price in the file: a small price passes, a large one does not."""
    registry = plugins.rate_components
    with_cubed = replace(plugins, rate_components=replace(registry, plugins={**registry.plugins, "cubed": Cubed}))
    file = changed("kind: fixed, price: 5, prorate: days", "kind: cubed, price: 0")
    assert problems(with_cubed, file) == []
    told = problems(with_cubed, file.replace("price: 0,", "price: 9999999999,"))
    assert told == [("AIM-T015", 21, "tariffs[0].components[0]")]


def test_every_code_has_its_text_in_every_language(plugins):
    """Whatever is told has words in Kyrgyz, Russian and English with its fields filled in."""
    for old, new, *_ in WRONG:
        for problem in load(changed(old, new), "naryn", plugins).problems:
            for language in ("ky", "ru", "en"):
                assert not re.search(r"AIM-|\{", text(problem, language).replace(str(problem.fields), "")), problem


def test_a_version_whose_plugin_is_gone_is_refused_when_read_back(plugins):
    """The database's JSON of a component that is no longer installed is a Refused, not a crash."""
    stored = as_json(load(GOOD, "naryn", plugins).versions[0], plugins).replace('"kind":"fixed"', '"kind":"gone"')
    with pytest.raises(Refused) as refused:
        from_json(stored, "naryn", plugins)
    assert refused.value.problems[0].code == "AIM-T007"
