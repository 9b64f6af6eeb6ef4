"""What a gateway's plugin remembers between calls."""

from __future__ import annotations

import json
from typing import Any

from aimak.service import Service

from aimak_notifications import store

MAX_KEY, MAX_VALUE, MAX_KEYS = 64, 8_000, 100


class Remembered:
    """The state of one gateway of one tenant; see `aimak.plugins.sms_gateways.PluginState`."""

    def __init__(self, service: Service, tenant: str, gateway: str) -> None:
        self._service, self._tenant, self._gateway = service, tenant, gateway

    def get(self, key: str) -> Any:
        """What was put under the key; None where nothing was."""
        with self._service.work(self._tenant) as work:
            return store.remembered(work, self._gateway).get(key)

    def put(self, key: str, value: Any) -> None:
        """Remember a JSON value; None forgets the key. Raises ValueError for what is too large."""
        if not 0 < len(key) <= MAX_KEY or len(json.dumps(value, ensure_ascii=False)) > MAX_VALUE:
            raise ValueError(f"a key has at most {MAX_KEY} characters, a value {MAX_VALUE}: {key[:MAX_KEY]}")
        with self._service.work(self._tenant) as work:
            if value is not None and len(store.remembered(work, self._gateway).keys() | {key}) > MAX_KEYS:
                raise ValueError(f"a plugin remembers at most {MAX_KEYS} keys")
            store.remember(work, self._gateway, key, value)
            work.commit()
