"""Who is asking: the gateway signs a token of five minutes, every service verifies it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

import jwt
from flask import current_app, g, request

from aimak import audit
from aimak.problems import Forbidden, Problem, Unauthorized
from aimak.storage.trial import tried

ROLES = ("clerk", "approver", "admin", "inspector", "partner", "resident")
TOKEN_LIFE = timedelta(minutes=5)
_ALGORITHM = "HS256"
_NO = ("0", "false", "no", "off")

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Actor:
    """A person (or the system) with what they may do in one tenant."""

    name: str
    roles: tuple[str, ...]
    tenant: str


def sign(actor: Actor, secret: str) -> str:
    """A token that says who asks, good for five minutes of the machine's own time."""
    assert len(secret) >= 32, "a short secret can be guessed"
    now = datetime.now(UTC)
    claims = {
        "sub": actor.name,
        "roles": list(actor.roles),
        "tenant": actor.tenant,
        "iat": now,
        "exp": now + TOKEN_LIFE,
    }
    return jwt.encode(claims, secret, algorithm=_ALGORITHM)


def verify(token: str, secret: str) -> Actor:
    """The actor that a token names. Raises Unauthorized for a token that is forged, altered or too old."""
    try:
        claims = jwt.decode(token, secret, algorithms=[_ALGORITHM], options={"require": ["exp", "sub"]})
        return Actor(claims["sub"], tuple(claims["roles"]), claims["tenant"])
    except (jwt.InvalidTokenError, KeyError) as wrong:
        raise Unauthorized(Problem("AIM-K071", {"reason": type(wrong).__name__})) from wrong


def requires(*roles: str, tries_itself: bool = False) -> Callable[[View], View]:
    """Let only actors with one of `roles` call a view; the roles are declared on it (`declared_roles`).

    What is not a GET is a command: noted with who gave it, and with `?dry_run=1` only tried. A view that
    `tries_itself` has a way of its own to do so."""
    assert roles and set(roles) <= set(ROLES), roles

    def declare(view: View) -> View:
        @functools.wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            asking = _identify()
            if not set(roles) & set(asking.roles):
                fields: dict[str, str | int | None] = {"actor": asking.name, "roles": ", ".join(roles)}
                raise Forbidden(Problem("AIM-K072", fields))
            if request.method in ("GET", "HEAD"):
                return view(*args, **kwargs)
            with commanding(asking.name, undone=wants_trial() and not tries_itself):
                return view(*args, **kwargs)

        cast(Any, checked).declared_roles = roles
        return cast(View, checked)

    return declare


def wants_trial() -> bool:
    """Whether the caller asks only what would be done. Who says anything of it but no means it: a word that is not
    known must not do the real thing."""
    said = request.args.get("dry_run")
    return said is not None and said.lower() not in _NO


def trying() -> AbstractContextManager[None]:
    """Undo at the end of the block what is done inside, where the caller only asks what would be done."""
    return tried() if wants_trial() else nullcontext()


@contextmanager
def commanding(name: str, *, undone: bool) -> Iterator[None]:
    """Note what a request changes as done by `name`; `undone`: try it, and undo it at the end."""
    with tried() if undone else nullcontext(), audit.commanded(_command(name)):
        yield


def _command(name: str) -> audit.Command:
    """What is asked for, to be noted with what it changes."""
    body = request.get_json(silent=True) if request.mimetype == "application/json" else None
    said = {**request.args.to_dict(), **(body if isinstance(body, dict) else {})}
    if "dry_run" in said:
        said["dry_run"] = wants_trial()
    return audit.Command(name, action(str(request.url_rule or "")), request.path, said)


def action(rule: str) -> str:
    """What a route's command is called in the audit: the rule's own words, "billing.cycles.approve"."""
    return ".".join(part for part in rule.split("/") if part and not part.startswith("<"))


def open_to(who: str) -> Callable[[View], View]:
    """Declare a view that carries its own authentication (a partner's credentials, a gateway's secret) or needs
    none (health); `who` says which."""

    def declare(view: View) -> View:
        cast(Any, view).declared_roles = (who,)
        return view

    return declare


def actor() -> Actor:
    """Who is asking in this request."""
    return cast(Actor, g.actor)


def _identify() -> Actor:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind != "Bearer" or not token:
        raise Unauthorized(Problem("AIM-K070"))
    g.actor = verify(token, current_app.config["AIMAK_SECRET"])
    return cast(Actor, g.actor)
