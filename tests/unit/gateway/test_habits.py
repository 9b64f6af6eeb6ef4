"""The habits that every command has."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from aimak.problems import Conflict, Forbidden, NotFound, Place, Problem, Refused, Unauthorized
from aimak_gateway.cli import cycle, frame, runs
from aimak_gateway.cli.app import app
from aimak_gateway.cli.connect import Api
from typer.testing import CliRunner

from tests.unit.gateway.commands import ALL

AIMAK = Path(sys.executable).with_name("aimak")
HELP_S = 0.250
RUNS = 12
PASSWORD = "a-password-for-tests"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment with a data folder of its own, initialised."""
    made = {**os.environ, "AIMAK_DATA_DIR": str(tmp_path_factory.mktemp("data")), "AIMAK_PASSWORD": PASSWORD}
    made["AIMAK_LANG"] = "en"
    assert aimak(made, "init").returncode == 0
    return made


def aimak(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """What the installed program does with these words."""
    return subprocess.run([AIMAK, *words], env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def test_help_is_there_at_once() -> None:
    """The first thing that a person asks for takes at most a quarter of a second of the processor."""
    taken = [HELP_S]
    while len(taken) <= RUNS and min(taken) >= HELP_S:
        before = os.times()
        subprocess.run([AIMAK, "--help"], check=True, capture_output=True)
        after = os.times()
        # The processor's time, not the clock's: other tests run beside this one.
        taken.append(sum(after[2:4]) - sum(before[2:4]))
    assert min(taken) < HELP_S


@pytest.mark.parametrize("lang", ["ru", "ky"])
def test_examples_are_in_the_readers_language(monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    """What somebody would say in a reason or a ground is no English."""
    monkeypatch.setenv("AIMAK_LANG", lang)
    said = {text for command in ALL.values() for _, text in re.findall(r"([\"'])(.*?)\1", command.help or "")}
    assert len(said) > 20
    assert [text for text in sorted(said) if re.search(r"[A-Za-z]{2}", text)] == []


@pytest.mark.parametrize("lang", ["ru", "ky", "en"])
def test_a_list_of_commands_says_of_each_what_it_does(monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    """The first sentence of each is there whole, however long it is."""
    monkeypatch.setenv("AIMAK_LANG", lang)
    for noun in ("", *sorted({name.partition(" ")[0] for name in ALL if " " in name})):
        listed = CliRunner().invoke(app, [*noun.split(), "--help"]).stdout.splitlines()
        assert [line for line in listed[1:] if line.endswith("...")] == [], noun


@pytest.mark.parametrize("words", [("init",), ("migrate",)])
@pytest.mark.parametrize("there", [True, False])
def test_a_trial_of_what_makes_the_installation_makes_nothing(tmp_path: Path, words: tuple[str], there: bool) -> None:
    """init and migrate with --dry-run leave an empty folder empty, and make none where none is."""
    folder = tmp_path / "data" / "of a town"
    if there:
        folder.mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    done = aimak({**os.environ, "AIMAK_DATA_DIR": str(folder), "AIMAK_PASSWORD": PASSWORD}, *words, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_a_trial_migration_says_the_versions_of_what_is_there(environment: dict[str, str]) -> None:
    """Each service's database with the version that it has and the one that it would get, and no file more."""
    folder = Path(environment["AIMAK_DATA_DIR"])
    before = sorted(folder.rglob("*"))
    told = json.loads(aimak(environment, "migrate", "--dry-run", "--json").stdout)["data"]
    assert len(told) == 5 and all(row["have"] == row["want"] for row in told)
    assert sorted(folder.rglob("*")) == before


def test_verbose_tells_what_is_asked(environment: dict[str, str]) -> None:
    """Each request with its answer and its time on stderr, the same result on stdout."""
    quiet, told = aimak(environment, "doctor"), aimak(environment, "doctor", "-v")
    assert (told.returncode, told.stdout) == (quiet.returncode, quiet.stdout)
    assert re.search(r"^GET /billing/doctor\S* \d{3} \d+\.\d{3} s$", told.stderr, re.M)
    assert "GET /" not in quiet.stderr
    found = aimak(environment, "account", "find", "Асанов", "-v")
    assert re.search(r"^GET \S+\?\S*\b\w+ \d{3} ", found.stderr, re.M) and "%D0" not in found.stderr.partition("s\n")[0]


@pytest.mark.parametrize("name", sorted(ALL))
def test_each_command_has_the_common_options_and_an_example(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same options everywhere, and help that ends with an example that begins as one types."""
    options = {option for parameter in ALL[name].params for option in parameter.opts}
    assert {"--json", "--lang", "--quiet", "-v", "--no-color", "--debug"} <= options
    monkeypatch.setenv("AIMAK_LANG", "en")
    assert f"Example: aimak {name}" in " ".join((ALL[name].help or "").split())


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (None, 0),
        (ValueError("anything"), 1),
        (Conflict(Problem("AIM-G022", {"seconds": 1})), 1),
        (NotFound(Problem("AIM-K012", {"letter": "1"})), 3),
        (Unauthorized(Problem("AIM-G003")), 4),
        (Forbidden(Problem("AIM-K072", {"actor": "a", "roles": "b"})), 4),
        (Refused(Problem("AIM-G024")), 5),
        (KeyboardInterrupt(), 130),
    ],
)
def test_exit_codes(problem: BaseException | None, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Each kind of end has its exit code, and a failure leaves nothing on stdout."""

    def run() -> None:
        if problem is not None:
            raise problem

    assert frame.guarded(frame.Ui(as_json=False, lang="en", quiet=False, debug=False), run) == code
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("debug", [False, True])
def test_an_error_that_nobody_foresaw_is_in_the_log(environment: dict[str, str], tmp_path: Path, debug: bool) -> None:
    """The terminal has the code and where the rest is; the trace is in that file, its owner's, and shown by --debug."""
    data = tmp_path / "data"
    shutil.copytree(environment["AIMAK_DATA_DIR"], data)
    broken = "from aimak_gateway import application, cli; application.login = None; cli.main()"
    words = [sys.executable, "-c", broken, "login", "admin", *(["--debug"] if debug else [])]
    done = subprocess.run(words, env=environment | {"AIMAK_DATA_DIR": str(data)}, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (frame.FAILED, "")
    assert "AIM-K099" in done.stderr and "aimak.log" in done.stderr
    assert ("Traceback" in done.stderr) == debug
    log = data / "aimak.log"
    assert "Traceback" in log.read_text() and "unexpected error at /gateway/login" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("option", ["--csv", "--xlsx"])
def test_a_file_that_cannot_be_written_is_named(tmp_path: Path, option: str) -> None:
    """A folder that is not there: the file is named with what to look at, and no class of an error."""
    absent = tmp_path / "absent" / "list"
    done = CliRunner().invoke(app, ["config", "show", option, str(absent)], env={"AIMAK_X": "1", "AIMAK_LANG": "en"})
    assert (done.exit_code, done.stdout) == (frame.FAILED, "")
    assert "AIM-G094" in done.stderr and str(absent) in done.stderr and "Errno" not in done.stderr


def test_a_field_is_named_once() -> None:
    """A message that begins with the place has no place before it."""
    ui = frame.Ui(as_json=False, lang="en", quiet=False, debug=False)
    problem = Problem("AIM-K104", {"field": "valid_from"}, Place(path="valid_from"))
    assert frame.error_lines(ui, ui.problem(problem))[0].count("valid_from") == 1
    deeper = Problem("AIM-K104", {"field": "valid_from"}, Place(path="rules.1.valid_from"))
    assert "rules.1.valid_from" in frame.error_lines(ui, ui.problem(deeper))[0]


def test_a_wrong_word_is_a_usage_error_with_a_suggestion() -> None:
    """A slip of the finger ends with 2 and names what was meant."""
    answer = CliRunner().invoke(app, ["cycle", "previw", "--period", "2026-10"])
    assert answer.exit_code == frame.USAGE
    assert "preview" in answer.output


@pytest.mark.parametrize("as_json", [True, False])
def test_a_failure_is_told_on_stderr_alone(environment: dict[str, str], as_json: bool) -> None:
    """Without a session a command ends with 4, and who reads stdout finds it empty, with --json too."""
    answer = aimak(environment, "bill", "show", "1", *(["--json"] if as_json else []))
    assert (answer.returncode, answer.stdout) == (frame.AUTH, "")
    if as_json:
        assert json.loads(answer.stderr)["errors"][0]["code"] == "AIM-K070"
    else:
        assert "error AIM-K070" in answer.stderr


@pytest.mark.parametrize("buffered", [{"PYTHONUNBUFFERED": ""}, {"PYTHONUNBUFFERED": "1"}])
@pytest.mark.parametrize("words", [("config", "show"), ("config", "show", "--json")])
def test_a_reader_that_has_seen_enough_is_no_error(
    environment: dict[str, str], words: tuple[str, ...], buffered: dict[str, str]
) -> None:
    """A broken pipe ends a command quietly, whether the result was written line by line or all at the end."""
    with subprocess.Popen(
        [AIMAK, *words], env=environment | buffered, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None and running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == ""
    assert running.returncode == frame.OK


def test_a_clerk_does_not_approve(environment: dict[str, str]) -> None:
    """Who has not the role for it is told so, with 4, and nothing is on stdout."""
    steps = [
        ("login", "admin", "--tenant", "sary"),
        ("tenant", "add", "sary", "--name", "ru=Сары", "--test"),
        ("user", "add", "ayna", "--role", "clerk"),
        ("login", "ayna", "--tenant", "sary"),
    ]
    for words in steps:
        answer = aimak(environment, *words)
        assert answer.returncode == frame.OK, (words, answer.stderr)
    clerk = aimak(environment, "cycle", "approve", "--period", "2026-10")
    assert (clerk.returncode, clerk.stdout) == (frame.AUTH, "")
    assert "AIM-K072" in clerk.stderr


@pytest.mark.parametrize(
    "words",
    [("cycle", "issue", "--period", "2026-10"), ("cycle", "close", "--period", "2026-10"), ("run", "issue", "54321")],
)
def test_what_cannot_be_undone_wants_a_yes(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    """Where nobody sits at a terminal it is not done without --yes: exit 2, the option's name, nothing sent."""
    sent: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.method)
        return httpx.Response(200, json={"bills": 3, "state": "approved"})

    @contextmanager
    def connected(shown: frame.Ui) -> Iterator[Api]:
        yield Api(httpx.Client(transport=httpx.MockTransport(answer), base_url="http://none"), shown, None)

    for module in (cycle, runs):
        monkeypatch.setattr(module, "connected", connected)
    done = CliRunner().invoke(app, words)
    assert (done.exit_code, done.stdout) == (frame.USAGE, "")
    assert "AIM-G027" in done.stderr and "--yes" in done.stderr
    assert sent == ["GET"]
