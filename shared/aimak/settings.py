"""Settings: `aimak.toml`, overridden by AIMAK_* variables. Secrets come from the environment or a file alone."""

from __future__ import annotations

import os
import re
import tomllib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from aimak.clock import Clock, FileClock, FixedClock, IdSource, RandomIds, SeededIds, SystemClock
from aimak.problems import Problem, Refused

SERVICES = ("billing", "metering", "payments", "notifications", "gateway")
# Where each service listens unless a setting says otherwise.
PORTS = {"gateway": 8470, "billing": 8471, "metering": 8472, "payments": 8473, "notifications": 8474}
MASK = "********"
# The tenant of a session in which none was chosen yet, and of what belongs to none.
NO_TENANT = "-"
# Wherever they stand in a key: "owner_database.billing" holds a password as "database.billing" does.
_SECRET_WORDS = ("secret", "password", "token", "database")
_CREDENTIALS = re.compile(r"://\S*:\S*@")


@dataclass(frozen=True)
class Settings:
    """Every setting with the place it came from. Keys are dotted: "database.billing", "http.port"."""

    values: Mapping[str, Any]
    origins: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path | None = None, env: Mapping[str, str] | None = None) -> Settings:
        """Read `path` (default: $AIMAK_CONFIG or ./aimak.toml, which may be missing) and the AIMAK_* variables
        (AIMAK_HTTP__PORT is http.port; AIMAK_X_FILE is a file that holds x). Raises Refused for broken TOML."""
        env = os.environ if env is None else env
        source = path or Path(env.get("AIMAK_CONFIG", "aimak.toml"))
        values: dict[str, Any] = {}
        origins: dict[str, str] = {}
        if source.is_file():
            try:
                flat = _flatten(tomllib.loads(source.read_text()))
            except tomllib.TOMLDecodeError as broken:
                raise Refused(Problem("AIM-K001", {"file": str(source), "reason": str(broken)})) from broken
            values.update(flat)
            origins.update(dict.fromkeys(flat, str(source)))
        for name, text in env.items():
            if not name.startswith("AIMAK_") or name in ("AIMAK_CONFIG", "AIMAK_CORPORA"):
                continue
            key, value = _from_variable(name, text)
            values[key], origins[key] = value, name
        return cls(values, origins)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a dotted key."""
        return self.values.get(key, default)

    def number(self, key: str, default: int) -> int:
        """The value of a dotted key as a whole number. Raises Refused where it is none."""
        value = self.get(key, default)
        try:
            return int(value)
        except (TypeError, ValueError) as wrong:
            raise Refused(Problem("AIM-K002", {"key": key, "value": str(value)})) from wrong

    def with_values(self, **changes: Any) -> Settings:
        """A copy with keys changed; in a keyword two underscores stand for the dot."""
        changed = {key.replace("__", "."): value for key, value in changes.items()}
        return Settings({**self.values, **changed}, {**self.origins, **dict.fromkeys(changed, "set")})

    @property
    def runtime(self) -> str:
        """Which runtime: "embedded" or "servers"."""
        return str(self.get("runtime", "embedded"))

    @property
    def data_dir(self) -> Path:
        """The folder that the embedded runtime owns."""
        return Path(self.get("data_dir", "var/aimak"))

    def database(self, service: str) -> str:
        """The SQLAlchemy URL of a service's database; embedded: its SQLite file in the data folder."""
        given = self.get(f"database.{service}") or self.get("database.default")
        return str(given) if given else f"sqlite:///{(self.data_dir / f'{service}.sqlite3').absolute()}"

    @property
    def broker_url(self) -> str:
        """The AMQP URL of RabbitMQ."""
        return str(self.get("broker.url", "amqp://guest:guest@127.0.0.1:5672//"))

    def listen(self, service: str) -> str:
        """The address "host:port" on which a service answers in the servers runtime."""
        return str(self.get(f"{service}.listen") or f"127.0.0.1:{PORTS[service]}")

    def address(self, service: str) -> str:
        """The URL by which others reach a service."""
        return str(self.get(f"{service}.address", f"http://{self.listen(service)}"))

    @property
    def sets_time(self) -> bool:
        """Whether time or ids are set by hand, which only a tenant marked `test` accepts."""
        return any(self.get(key) is not None for key in ("clock.file", "clock.instant", "ids.seed"))

    def clock(self) -> Clock:
        """The clock these settings name."""
        if self.get("clock.file"):
            return FileClock(Path(self.get("clock.file")))
        if self.get("clock.instant"):
            return FixedClock(datetime.fromisoformat(str(self.get("clock.instant"))))
        return SystemClock()

    def ids(self, service: str = "") -> IdSource:
        """The source of ids these settings name. Each service has a series of its own: two services' messages with
        the same id would be taken for one by those who get both."""
        seed = self.get("ids.seed")
        return RandomIds() if seed is None else SeededIds(int(seed) + zlib.crc32(service.encode()))

    def shown(self) -> dict[str, dict[str, str]]:
        """Every setting that was set, with its origin; secrets masked."""
        return {
            key: {"value": MASK if _is_secret(key, value) else str(value), "origin": self.origins.get(key, "default")}
            for key, value in sorted(self.values.items())
        }


def _is_secret(key: str, value: Any) -> bool:
    return any(word in key for word in _SECRET_WORDS) or _CREDENTIALS.search(str(value)) is not None


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            flat.update(_flatten(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _from_variable(name: str, text: str) -> tuple[str, str]:
    key = name[len("AIMAK_") :].lower().replace("__", ".")
    if key.endswith("_file") and key != "clock.file":
        try:
            return key[: -len("_file")], Path(text).read_text().strip()
        except OSError as unreadable:
            raise Refused(Problem("AIM-K003", {"variable": name, "file": text})) from unreadable
    return key, text
