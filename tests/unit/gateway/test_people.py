"""People are let in, changed and let in no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aimak.settings import Settings
from aimak.storage import migrate
from aimak_gateway import application, bootstrap
from argon2 import PasswordHasher
from flask.testing import FlaskClient

FIRST, SECOND, THIRD = "the-first-password", "the-second-password", "the-third-password"


class House:
    """The gateway with its first admin, Ayna."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def login(self, name: str, password: str) -> str | None:
        """A session, or None."""
        answer = self.client.post("/gateway/login", json={"name": name, "password": password})
        return answer.get_json()["token"] if answer.status_code == 200 else None

    def ask(self, method: str, path: str, session: str | None, body: Any = None) -> tuple[int, Any]:
        """Status and JSON."""
        headers = {"Authorization": f"Bearer {session}"}
        answer = self.client.open(path, method=method, headers=headers, json=body)
        return answer.status_code, answer.get_json()


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A gateway of its own whose passwords cost little."""
    monkeypatch.setattr(application, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    service = bootstrap.build(Settings({"data_dir": str(tmp_path), "auth.secret": "s" * 32}), {})
    migrate.upgrade(service)
    with service.work(application.NO_TENANT) as work:
        application.add_first_admin(work, "ayna", FIRST)
        work.commit()
    assert service.web is not None
    yield House(service.web().test_client())
    service.close()


@pytest.fixture
def admin(house: House) -> str:
    """Ayna's session; Bakyt is a clerk."""
    session = house.login("ayna", FIRST)
    assert session is not None
    body = {"name": "bakyt", "roles": ["clerk"], "password": SECOND}
    assert house.ask("POST", "/gateway/people", session, body)[0] == 200
    return session


def test_roles_hold_at_once(house: House, admin: str) -> None:
    """New roles stand in place of the old ones, in a session that is open too; the password stays."""
    session = house.login("bakyt", SECOND)
    assert house.ask("POST", "/gateway/people/bakyt", admin, {"roles": ["approver", "clerk"]}) == (
        200,
        {"name": "bakyt", "roles": ["approver", "clerk"], "tenants": ["*"], "active": True},
    )
    assert house.ask("GET", "/gateway/me", session)[1]["roles"] == ["approver", "clerk"]
    assert house.login("bakyt", SECOND)


def test_a_new_password_ends_what_the_old_one_opened(house: House, admin: str) -> None:
    """Whoever had the old password, or a session by it, is out."""
    session = house.login("bakyt", SECOND)
    assert house.ask("POST", "/gateway/people/bakyt", admin, {"password": THIRD})[0] == 200
    assert house.ask("GET", "/gateway/me", session)[0] == 401
    assert (house.login("bakyt", SECOND), house.login("bakyt", THIRD) is None) == (None, False)


def test_who_is_removed_is_out_and_can_come_back(house: House, admin: str) -> None:
    """Sessions end at once, the person stays in the list and the name stays taken."""
    session = house.login("bakyt", SECOND)
    assert house.ask("POST", "/gateway/people/bakyt", admin, {"active": False})[1]["active"] is False
    assert house.ask("GET", "/gateway/me", session)[0] == 401
    assert house.login("bakyt", SECOND) is None
    people = house.ask("GET", "/gateway/people", admin)[1]["people"]
    assert [(person["name"], person["active"]) for person in people] == [("ayna", True), ("bakyt", False)]
    again = {"name": "bakyt", "roles": ["clerk"], "password": THIRD}
    assert house.ask("POST", "/gateway/people", admin, again)[0] == 409
    assert house.ask("POST", "/gateway/people/bakyt", admin, {"active": True})[0] == 200
    assert house.login("bakyt", SECOND)


@pytest.mark.parametrize("change", [{"active": False}, {"roles": ["clerk"]}])
def test_the_last_admin_stays(house: House, admin: str, change: dict[str, Any]) -> None:
    """Nobody can lock the installation: with a second admin the first may go."""
    status, answer = house.ask("POST", "/gateway/people/ayna", admin, change)
    assert (status, answer["errors"][0]["code"]) == (409, "AIM-G014")
    assert house.login("ayna", FIRST)
    house.ask("POST", "/gateway/people/bakyt", admin, {"roles": ["admin"]})
    assert house.ask("POST", "/gateway/people/ayna", admin, change)[0] == 200


@pytest.mark.parametrize(
    ("name", "change", "status", "code"),
    [
        ("nobody", {"active": False}, 404, "AIM-G013"),
        ("bakyt", {"roles": ["king"]}, 422, "AIM-G010"),
        ("bakyt", {"roles": []}, 422, "AIM-G010"),
        ("bakyt", {"password": "short"}, 422, "AIM-G011"),
        ("bakyt", {"active": "no"}, 422, "AIM-K115"),
        ("bakyt", {"roles": "admin"}, 422, "AIM-K115"),
    ],
)
def test_what_does_not_fit_is_refused(
    house: House, admin: str, name: str, change: dict[str, Any], status: int, code: str
) -> None:
    """Unknown people and roles, no role at all, a short password."""
    answered, answer = house.ask("POST", f"/gateway/people/{name}", admin, change)
    assert (answered, answer["errors"][0]["code"]) == (status, code)


def test_who_lets_people_in_is_on_record(house: House, admin: str) -> None:
    """Who was added, changed, removed, by whom, before and after; of a password only that it is new."""
    house.ask("POST", "/gateway/people/bakyt", admin, {"roles": ["approver"], "password": THIRD})
    house.ask("POST", "/gateway/people/bakyt", admin, {"active": False})
    house.ask("POST", "/gateway/people?dry_run=1", admin, {"name": "x", "roles": ["clerk"], "password": THIRD})
    status, answer = house.ask("GET", "/gateway/people/audit", admin)
    told = [(row["actor"], row["action"], row["before"], row["after"]) for row in answer["audit"]]
    assert (status, told) == (
        200,
        [
            ("ayna", "user.remove", {"active": True}, {"active": False}),
            ("ayna", "user.change", {"roles": ["clerk"]}, {"roles": ["approver"], "password": "…"}),
            ("ayna", "user.add", None, {"roles": ["clerk"], "tenants": ["*"]}),
        ],
    )
    assert not any(secret in str(answer) for secret in (FIRST, SECOND, THIRD, "argon2"))
    assert house.login("x", THIRD) is None


def test_a_clerk_does_not_read_the_record(house: House, admin: str) -> None:
    """It is for those who supervise, as every service's is."""
    assert house.ask("GET", "/gateway/people/audit", house.login("bakyt", SECOND))[0] == 403


def test_only_an_admin_changes_people(house: House, admin: str) -> None:
    """A clerk changes nobody, not even herself."""
    session = house.login("bakyt", SECOND)
    assert house.ask("POST", "/gateway/people/bakyt", session, {"roles": ["admin"]})[0] == 403


def test_who_guesses_a_password_is_stopped(house: House, admin: str) -> None:
    """After ten wrong passwords for a name the eleventh is not looked at, be it right; others log in as ever, and
    whoever has a session works on."""
    for _ in range(10):
        assert house.ask("POST", "/gateway/login", None, {"name": "bakyt", "password": "guess"})[0] == 401
    status, answer = house.ask("POST", "/gateway/login", None, {"name": "bakyt", "password": SECOND})
    assert (status, answer["errors"][0]["code"]) == (429, "AIM-K074")
    assert house.login("ayna", FIRST)
    assert house.ask("GET", "/gateway/me", admin)[0] == 200
