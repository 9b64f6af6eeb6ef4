"""A plugin of somebody else is broken: the command line names it, and the others run."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from aimak.languages import LANGUAGES
from aimak.texts import catalogue, translate
from aimak_gateway.cli.app import app
from aimak_gateway.cli.frame import OK, VALIDATION
from click.testing import Result
from typer.testing import CliRunner

BROKEN = {"aimak.service_types": "billing", "aimak.sms_gateways": "notifications"}


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """An installation without a municipality and with sound plugins alone: how many they are. Then a package is
    installed that fails in two services while it is imported."""
    folder = tmp_path_factory.mktemp("left-out")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIMAK_DATA_DIR", str(folder / "data"))
        patch.setenv("AIMAK_PASSWORD", "a-password-for-tests")
        for words in ("init", "login admin"):
            assert run(words).exit_code == OK
        count: int = json.loads(run("plugins check --json").stdout)["data"]["plugins"]
        metadata = folder / "site" / "aimak_foreign-2.0.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: aimak-foreign\nVersion: 2.0\n")
        points = "".join(f"[{group}]\nbroken = no_such_{host}:Sample\n" for group, host in BROKEN.items())
        (metadata / "entry_points.txt").write_text(points)
        patch.syspath_prepend(str(metadata.parent))
        yield count


def run(words: str, lang: str = "en") -> Result:
    """What a command answers in a language."""
    return CliRunner().invoke(app, words.split(), env={"AIMAK_LANG": lang})


def test_what_is_left_out_is_named_beside_what_runs(ours: int) -> None:
    """`list` shows the others as before and below them each that was left out; `check` ends as a refusal and says of
    each its code, its name, the package and the reason, in words of the language."""
    for lang in LANGUAGES:
        listed, checked = run("plugins list", lang), run("plugins check", lang)
        assert (listed.exit_code, checked.exit_code, checked.stdout) == (OK, VALIDATION, "")
        said = []
        for host in sorted(BROKEN.values()):
            why = f"ModuleNotFoundError: No module named 'no_such_{host}'"
            reason = translate("aimak", "AIM-X001", lang, name="broken", reason=why)
            template = catalogue("aimak_gateway", lang)["ui.left_out"]
            said.append(template.format(name="broken", package="aimak-foreign 2.0", reason=reason))
        lines = listed.stdout.splitlines()
        assert lines[-2:] == said and len(lines) == 2 + ours + 2
        error = translate("aimak_gateway", "ui.error", lang)
        assert checked.stderr.splitlines() == [f"{error} AIM-X001: {line}" for line in said]


def test_a_program_reads_the_same(ours: int) -> None:
    """With --json the list has both, and the check's errors stand in one object on stderr."""
    listed, checked = run("plugins list --json"), run("plugins check --json")
    assert (listed.exit_code, checked.exit_code, checked.stdout) == (OK, VALIDATION, "")
    data = json.loads(listed.stdout)["data"]
    assert len(data["plugins"]) == ours
    assert {(row["kind"], row["name"], row["code"]) for row in data["refused"]} == {
        (group, "broken", "AIM-X001") for group in BROKEN
    }
    assert [error["code"] for error in json.loads(checked.stderr)["errors"]] == ["AIM-X001", "AIM-X001"]
