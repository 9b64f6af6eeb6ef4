"""A month that is billed by parts, through the command line: what each command says of it, and to whom."""

from __future__ import annotations

import pytest
from aimak_gateway.cli.app import app
from aimak_gateway.cli.frame import AUTH, FAILED, NOT_FOUND, OK
from typer.testing import CliRunner

from tests.scenarios.test_bad_input import ACCOUNTS, Desk, desk  # noqa: F401

MONTH = ("--period", "2026-10")
ASKED = ["outsort", "complete", "compare", "pause", "resume", "retry", "release P-1", "approve"]
STREETS = {"P-1": "Манас", "P-2": "Манас", "P-3": "Ленина"}


@pytest.fixture(scope="module")
def parts(desk: Desk) -> Desk:  # noqa: F811
    """Three accounts with waste removal on two streets, and two people who both start and approve."""
    rows = [
        f"{number};;house;household;Асан;;ky;{street};1;;2;2020-01-01;waste;tazalyk;"
        for number, street in STREETS.items()
    ]
    assert desk.run("import", "accounts", desk.file("parts.csv", "\n".join([ACCOUNTS, *rows, ""])))[0] == OK
    for name in ("ayna", "nur"):
        assert desk.run("user", "add", name, "--role", "approver", "--role", "clerk")[0] == OK
    return desk


def by(desk: Desk, name: str) -> None:  # noqa: F811
    """Somebody else sits down."""
    assert desk.run("login", name, "--tenant", "sary")[0] == OK


def told(*words: object) -> tuple[str, str]:
    """What a command that succeeds prints, and what it notes beside that."""
    answer = CliRunner().invoke(app, [*map(str, words), "--lang", "en"])
    assert answer.exit_code == OK, answer.output
    return answer.stdout, answer.stderr


def refused(desk: Desk, *words: object) -> tuple[int, list[str]]:  # noqa: F811
    """Exit code and codes of a command that is refused."""
    code, _, problems = desk.run(*words)
    return code, [problem["code"] for problem in problems]


@pytest.mark.parametrize(
    "verb", ["outsort", "complete", "compare", "pause", "resume", "retry", "release P-1", "approve"]
)
def test_a_month_that_has_not_begun_is_called_so(parts: Desk, verb: str) -> None:
    """Whatever is asked of it; no command tells of a run 0."""
    reason = ("--reason", "seen") if verb.startswith("release") else ()
    by(parts, "ayna" if verb != "approve" else "bakyt")
    assert refused(parts, "cycle", *verb.split(), "--period", "2027-01", *reason) == (NOT_FOUND, ["AIM-B034"])


def test_nothing_is_printed_of_a_month_without_bills(parts: Desk) -> None:
    """No list is left behind that would stand in the way of the full one."""
    folder = parts.folder / "print"
    words = ("bill", "print", "--period", "2027-01", "--out", folder)
    assert refused(parts, *words) == (NOT_FOUND, ["AIM-B034"])
    assert not folder.exists()


def test_a_wrong_month_and_a_wrong_street_are_told_together(parts: Desk) -> None:
    """Not one after the other."""
    by(parts, "ayna")
    words = ("run", "start", "--period", "2026-13", "--selection", "street:Мана", "--reason", "part")
    assert refused(parts, *words) == (NOT_FOUND, ["AIM-B030", "AIM-G038"])


def test_a_month_by_parts_says_what_its_figures_are_of(parts: Desk) -> None:
    """A part under way, issued, and the rest in preview: the month's screen leaves none of it out."""
    by(parts, "ayna")
    run = parts.run("run", "start", *MONTH, "--selection", "street:Манас", "--reason", "part")[1]["run_id"]
    screen, following = told("cycle", "status", *MONTH)
    assert "other runs of the month under way: 1" in screen and following.strip() == "→ aimak run list --period 2026-10"
    assert refused(parts, "run", "approve", run) == (AUTH, ["AIM-B032"])
    answer = CliRunner().invoke(app, ["run", "issue", str(run), "--yes", "--lang", "en"])
    assert (answer.exit_code, answer.stderr.splitlines()[0]) == (
        FAILED,
        f"error AIM-B108: Run {run} of 2026-10: issue cannot follow the state previewed, waits for approval",
    )
    by(parts, "nur")
    assert parts.run("run", "approve", run)[0] == OK
    assert "already" not in told("run", "issue", run, "--yes")[1]
    assert told("run", "issue", run)[1].splitlines()[0] == "It is issued already; nothing was changed"
    seen = parts.run("cycle", "status", *MONTH)[1]
    assert (seen["bills"], seen["issued_by_others"], seen["under_way"]) == (2, None, [])
    gross = seen["gross_tyiyn"]
    told("cycle", "preview", *MONTH)
    seen = parts.run("cycle", "status", *MONTH)[1]
    assert (seen["bills"], seen["issued_by_others"]) == (1, {"bills": 2, "gross_tyiyn": gross})
    screen, _ = told("cycle", "status", *MONTH)
    assert "other runs have issued already: bills 2, 103.00 som" in screen
    waste = next(row for row in parts.run("cycle", "complete", *MONTH)[1] if row["service"] == "waste")
    assert (waste["active"], waste["billed"], waste["previewed"]) == (3, 2, 1)
    assert "in preview" in told("cycle", "complete", *MONTH)[0].splitlines()[0]
