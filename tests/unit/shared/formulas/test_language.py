"""What a formula may say, and what it is told when it is wrong."""

import pytest
from aimak.plugins.formulas import MalformedFormula, parse, signature, written
from hypothesis import given
from hypothesis import strategies as st

PIECES = [
    *"+-*/()=<>,.\"'#;{}\\\n\t x",
    *(
        "<=",
        "and",
        "or",
        "not",
        "if(",
        "min(",
        "blocks(",
        "round(",
        "meter_size",
        "12.5",
        "1e9",
        "'3/4\"'",
        "é",
        "\x00",
    ),
]


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=40).map("".join)))
def test_any_text_is_a_formula_or_a_problem_with_its_place(text):
    """Nothing but MalformedFormula comes out, with a line and a column that are in the text."""
    try:
        tree = parse(text)
        signature(tree)
    except MalformedFormula as wrong:
        lines = text.split("\n")
        assert wrong.code.startswith("AIM-T2")
        assert 1 <= wrong.at.line <= len(lines)
        assert 1 <= wrong.at.column <= len(lines[wrong.at.line - 1]) + 1
    else:
        assert parse(written(tree))


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("1 +", "AIM-T202", 1, 4),
        ("(quantity\n * 2))", "AIM-T201", 2, 6),
        ("a ** b", "AIM-T201", 1, 4),
        ("a.b.c", "AIM-T201", 1, 4),
        ("x = 1 = 2", "AIM-T201", 1, 7),
        ("open('x')", "AIM-T204", 1, 1),
        ("1 + min(2)", "AIM-T205", 1, 5),
        ("if(a, 1, 2) + (b and c)", "AIM-T206", 1, 18),
        ("round(a, b)", "AIM-T209", 1, 10),
        ("round(a, 10)", "AIM-T209", 1, 10),
        ("blocks(a, 1, 2)", "AIM-T208", 1, 1),
        ("a + 'b'", "AIM-T206", 1, 5),
        ("a > 'b'", "AIM-T206", 1, 5),
        ("1" * 25, "AIM-T203", 1, 1),
        ("((" * 100, "AIM-T203", 1, 62),
        ("-" * 100 + "1", "AIM-T203", 1, 62),
        ("not " * 100 + "a", "AIM-T203", 1, 245),
        ("a" * 20_001, "AIM-T203", 1, 1),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text, code, line, column):
    """A code, the line and the column in the formula."""
    with pytest.raises(MalformedFormula) as told:
        signature(parse(text))
    assert (told.value.code, told.value.at.line, told.value.at.column) == (code, line, column)


def test_names_are_numbers_texts_or_flags_by_where_they_stand():
    """A text is compared with a text, a flag stands where a condition is wanted, all else is a number."""
    uses = signature(parse("if(metered and class = 'household', a.b * quantity, 2)"))
    assert (uses.numbers, uses.texts, uses.flags) == (("a.b", "quantity"), ("class",), ("metered",))


@pytest.mark.parametrize(
    "text", ["a - b - c", "a - (b - c)", "-(a + b)", "-a * b", "not (a = 1 and b = 2)", "(a or b) and c", "a / (b * c)"]
)
def test_brackets_are_kept_where_they_matter_and_only_there(text):
    """Written again it is the same text."""
    assert written(parse(text)) == text


def test_a_long_sum_can_be_written_again():
    """Four hundred terms are no tree that is too deep for Python."""
    text = " + ".join(["a"] * 400)
    assert written(parse(text)) == text
    with pytest.raises(MalformedFormula):
        parse(" + ".join(["a"] * 2_000))
