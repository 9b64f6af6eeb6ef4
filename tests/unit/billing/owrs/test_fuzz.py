"""A file that was damaged anywhere is priced or refused with codes: nothing else comes out."""

from aimak.problems import Refused
from aimak_billing.domain.rating import Plugins
from aimak_billing.owrs import quote, read
from aimak_billing.owrs.quote import Asked
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.billing.owrs.files import DATA

PLUGINS = Plugins.discover()
TEXTS = [(DATA / name).read_text() for name in ("plain.owrs", "budget.owrs", "wrong.owrs")]
PIECES = (
    *("", " ", "\t", ":", "- ", "[", "]", "{", "}", '"', "%", "|", "(", "*", "é"),
    *("Tiered", "Budget", "null", "1e9", "-5", "9" * 40),
)
VALUES = {
    **{"meter_size": '1"', "hhsize": "3", "season": "summer", "et_amount": "x"},
    **{"irr_area": "-2", "bill": "", "": "1"},
}


@settings(max_examples=60)
@given(
    st.sampled_from(TEXTS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(PIECES)), min_size=1, max_size=4),
    st.sampled_from(["1", "0", "-1", "1e3", "", "999999999999", "0.0000000001"]),
    st.sets(st.sampled_from(sorted(VALUES))),
)
def test_a_damaged_file_is_priced_or_refused(text, damages, usage, named):
    """Every class of it, with odd values too; each problem has a code of tariffs."""
    for where, length, piece in damages:
        at = int(where * len(text))
        text = text[:at] + piece + text[at + length :]
    try:
        document = read(text, "damaged.owrs")
        classes = list(document.classes)[:3]
    except Refused as refused:
        assert all(problem.code.startswith("AIM-T") for problem in refused.problems)
        return
    for owrs_class in classes:
        try:
            answer = quote(document, Asked(owrs_class, usage, None, {name: VALUES[name] for name in named}), PLUGINS)
            assert answer["total"]
        except Refused as refused:
            assert refused.problems and all(problem.code.startswith("AIM-T") for problem in refused.problems)
