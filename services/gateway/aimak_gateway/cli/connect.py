"""How a command reaches the installation: the servers' gateway, a process that serves, or the runtime in this one."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aimak.problems import Conflict, Problem, Refused
from aimak.settings import Settings

from aimak_gateway.cli.brought import existing
from aimak_gateway.cli.frame import Failed, Ui, exit_code

if TYPE_CHECKING:
    import httpx

WAIT_FOR_FOLDER_S = 60
# Short work is seen to end at once, long work is asked after less and less often.
FIRST_POLL_S, LAST_POLL_S = 0.01, 0.5
TIMEOUT_S = 60
PAGE_ROWS = 1000


class Api:
    """Requests to the gateway in the operator's session. `kick` moves work on where it is done in this process."""

    def __init__(
        self, client: httpx.Client, ui: Ui, session: str | None, kick: Callable[[], object] | None = None
    ) -> None:
        self._client = client
        self._kick = kick
        self._ui = ui
        self._headers = {"Accept-Language": ui.lang} | ({"Authorization": f"Bearer {session}"} if session else {})

    def get(self, path: str, **params: Any) -> Any:
        """The JSON at `path`. Raises Failed with the API's errors."""
        return self._json(self._client.get(path, params=_given(params), headers=self._headers))

    def pages(self, path: str, name: str, most: int | None = None, **params: Any) -> list[dict[str, Any]]:
        """The rows under `name`, page after page, to the end or until there are `most` of them."""
        rows: list[dict[str, Any]] = []
        after: Any = None
        while most is None or len(rows) < most:
            wanted = PAGE_ROWS if most is None else min(PAGE_ROWS, most - len(rows))
            answer = self.get(path, after=after, limit=wanted, **params)
            rows += answer[name]
            after = answer.get("next")
            if after is None:
                break
        # Some services give whole pages of their own size.
        return rows[:most]

    def ask(self, path: str, body: Any) -> Any:
        """What the API answers to a question that is put as a JSON body; nothing changes by it."""
        return self._json(self._client.post(path, json=body, headers=self._headers))

    def post(self, path: str, body: Any = None, **params: Any) -> Any:
        """What the API answers to a JSON body; with --dry-run it is only tried."""
        return self._json(
            self._client.post(path, json=body or {}, params=self._commanded(params), headers=self._headers)
        )

    def _commanded(self, params: dict[str, Any]) -> dict[str, Any]:
        assert self._ui.changes, "a command that changes something is registered as such"
        return {**_given(params), **({"dry_run": 1} if self._ui.dry_run else {})}

    def upload(self, path: str, file: Path, **params: Any) -> Any:
        """What the API answers to a file, which is sent in blocks and never held in memory; with --dry-run it is only
        checked."""
        headers = {**self._headers, "Content-Type": "application/octet-stream"}
        params = {"name": file.name, **self._commanded(params)}
        return self._json(self._client.post(path, content=_blocks(existing(file)), params=params, headers=headers))

    def made(self, path: str, body: Any, **params: Any) -> bytes:
        """The bytes that the API makes from a JSON body: bills as PDF."""
        answer = self._client.post(path, json=body, params=_given(params), headers=self._headers)
        self._refuse_errors(answer)
        return answer.content

    def raw(self, path: str, **params: Any) -> bytes:
        """The bytes at `path`: a PDF, a CSV."""
        answer = self._client.get(path, params=_given(params), headers=self._headers)
        self._refuse_errors(answer)
        return answer.content

    def download(self, path: str, file: Path) -> None:
        """Bring the bytes at `path` into a file, block by block."""
        with self._client.stream("GET", path, headers=self._headers) as answer:
            if answer.status_code >= 400:
                answer.read()
                self._refuse_errors(answer)
            with file.open("wb") as stream:
                for block in answer.iter_bytes(1 << 20):
                    stream.write(block)

    def _json(self, answer: httpx.Response) -> Any:
        self._refuse_errors(answer)
        return answer.json()

    def _refuse_errors(self, answer: httpx.Response) -> None:
        if answer.status_code < 400:
            return
        try:
            errors = answer.json()["errors"]
        except (ValueError, KeyError):
            problem = Problem("AIM-G021", {"status": answer.status_code, "text": answer.text[:200]})
            errors = [self._ui.problem(problem)]
        raise Failed(exit_code(answer.status_code), errors)

    def wait(self, ask: Callable[[], Any], running: Callable[[Any], bool], show: Callable[[Any], None]) -> Any:
        """Ask until it no longer runs; `show` is called with every answer."""
        pause_s = FIRST_POLL_S
        while True:
            answer = ask()
            show(answer)
            if not running(answer):
                return answer
            if self._kick and self._kick():
                pause_s = FIRST_POLL_S
                continue
            time.sleep(pause_s)
            pause_s = min(pause_s * 1.5, LAST_POLL_S)


def _given(params: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in params.items() if value is not None}


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while block := stream.read(1 << 16):
            yield block


@contextmanager
def connected(ui: Ui) -> Iterator[Api]:
    """The API for one command. In the embedded runtime the command's effects are complete when the block ends:
    outboxes drained, jobs done."""
    settings = Settings.load()
    session = read_session(settings)
    if settings.runtime == "servers":
        with _at(ui, str(settings.get("gateway.address", "http://127.0.0.1:8470"))) as client:
            yield Api(client, ui, session)
        return
    from aimak_gateway import log
    from aimak_gateway.embedded import Held, begun

    try:
        runtime = _own(ui, lambda: begun(settings))
    except Held as held:
        with _at(ui, held.address) as client:
            yield Api(client, ui, session)
        return
    with log.kept(settings.data_dir, ui.debug), runtime:
        _tell(ui, runtime.client)
        yield Api(runtime.client, ui, session, runtime.pump.step)


@contextmanager
def _at(ui: Ui, address: str) -> Iterator[httpx.Client]:
    """A client of the gateway at that address. Raises Conflict where nobody answers, or not in time."""
    import httpx

    with httpx.Client(base_url=address, timeout=TIMEOUT_S) as client:
        _tell(ui, client)
        try:
            yield client
        except httpx.TransportError as away:
            raise Conflict(Problem("AIM-G093", {"address": address})) from away


def _tell(ui: Ui, client: httpx.Client) -> None:
    """With --verbose: each request as its answer begins, on stderr. The values of parameters are people's names and
    telephones, too, and are left out; with --json stderr is for the errors' object alone."""
    if not ui.verbose or ui.as_json:
        return

    def asked(request: httpx.Request) -> None:
        request.extensions["asked_at"] = time.monotonic()

    def answered(answer: httpx.Response) -> None:
        request = answer.request
        took = time.monotonic() - request.extensions["asked_at"]
        names = "&".join(request.url.params)
        ui.note(f"{request.method} {request.url.path}{'?' * bool(names)}{names} {answer.status_code} {took:.3f} s")

    client.event_hooks = {"request": [asked], "response": [answered]}


def _own(ui: Ui, build: Callable[[], Any]) -> Any:
    """Own the data folder; wait while another command is at work in it. Raises Held with an address when it is
    served."""
    from aimak_gateway.embedded import Held

    until = time.monotonic() + WAIT_FOR_FOLDER_S
    told = False
    while True:
        try:
            return build()
        except Held as held:
            if held.address:
                raise
        if time.monotonic() > until:
            raise Refused(Problem("AIM-G022", {"seconds": WAIT_FOR_FOLDER_S}))
        if not told:
            ui.note(ui.word("ui.waiting_for_folder"))
            told = True
        time.sleep(0.2)


def session_file(settings: Settings) -> Path:
    """Where the operator's session is kept, readable by the owner alone."""
    given = settings.get("session")
    return Path(given) if given else settings.data_dir / "session.json"


def read_session(settings: Settings) -> str | None:
    """The token of the last login, if any."""
    try:
        return str(json.loads(session_file(settings).read_text())["token"])
    except (OSError, ValueError, KeyError):
        return None


def write_session(settings: Settings, answer: dict[str, Any]) -> None:
    """Keep the session of a login."""
    file = session_file(settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as made:
        json.dump(answer, made)
