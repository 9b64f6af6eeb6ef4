"""Who is let in at the partners' door."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from aimak.http.guessing import TooMany
from aimak.problems import Forbidden, Unauthorized
from aimak.settings import Settings
from aimak_payments.domain.terms import Terms
from aimak_payments.http.authentication import Allowance, Caller, Doorkeeper
from aimak_payments.store.partners import PartnerRecord
from argon2 import PasswordHasher
from sqlalchemy.exc import OperationalError

from tests.unit.payments.conftest import LOGIN, PASSWORD, TENANT, Town, basic, result

NOBODY_KNOWS = Caller(None, None)
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Counting(PasswordHasher):
    """Counts how often a password is computed, and takes its time."""

    computed = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:
        """As argon2, slower."""
        self.computed += 1
        time.sleep(0.02)
        return super().verify(hash, password)


def record(
    password: str = PASSWORD, addresses: tuple[str, ...] = (), certificates: tuple[str, ...] = ()
) -> PartnerRecord:
    """A partner with one login."""
    return PartnerRecord(
        TENANT,
        "kapchyk",
        "osmp",
        "",
        Terms("Asia/Bishkek"),
        {},
        addresses,
        certificates,
        1,
        {LOGIN: CHEAP.hash(password)},
    )


def test_partner_without_credentials_is_forbidden(town: Town) -> None:
    """From the first day a partner without credentials is answered 403, and so is one that nobody knows."""
    town.define_partner("bank", credentials=False)
    assert town.ask("bank", command="check").status_code == 403
    assert town.ask("bank", password=None, command="check").status_code == 403
    assert town.ask("nobody", command="check").status_code == 403


def test_wrong_credentials_are_unauthorized(town: Town) -> None:
    """Wrong or missing credentials are 401, which says by what scheme to come again."""
    for password in ("wrong", None):
        refused = town.ask(password=password, command="check")
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"].startswith('Basic realm="')
    assert "WWW-Authenticate" not in town.check("0100001").headers


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic ***", "Bearer x", "Basic " + "A" * 10_000, basic("x", PASSWORD)]
)
def test_malformed_credentials_are_unauthorized(header: str) -> None:
    """Whatever stands in the header, it lets nobody in."""
    with pytest.raises(Unauthorized):
        Doorkeeper(CHEAP).admit(record(), header, NOBODY_KNOWS)


def test_password_is_computed_once_for_many_at_once() -> None:
    """Ten calls at once cost one computation; later ones cost none."""
    hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
    keeper, kapchyk = Doorkeeper(hasher), record()
    threads = [
        threading.Thread(target=keeper.admit, args=(kapchyk, basic(LOGIN, PASSWORD), NOBODY_KNOWS)) for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert hasher.computed == 1


def test_remembered_password_ends_with_a_change() -> None:
    """The old password is not let in after a new one was set."""
    keeper = Doorkeeper(CHEAP)
    keeper.admit(record(), basic(LOGIN, PASSWORD), NOBODY_KNOWS)
    with pytest.raises(Unauthorized):
        keeper.admit(record("another-password-of-a-machine"), basic(LOGIN, PASSWORD), NOBODY_KNOWS)


def test_guessing_is_stopped_and_the_partner_itself_is_not() -> None:
    """After ten wrong passwords the next is not computed; who was let in before still is; a minute later all is new."""
    now = [0.0]
    hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
    keeper, kapchyk = Doorkeeper(hasher, lambda: now[0]), record()
    keeper.admit(kapchyk, basic(LOGIN, PASSWORD), NOBODY_KNOWS)
    for _ in range(10):
        with pytest.raises(Unauthorized):
            keeper.admit(kapchyk, basic(LOGIN, "guess"), NOBODY_KNOWS)
    with pytest.raises(TooMany):
        keeper.admit(kapchyk, basic(LOGIN, "guess"), NOBODY_KNOWS)
    assert hasher.computed == 11
    keeper.admit(kapchyk, basic(LOGIN, PASSWORD), NOBODY_KNOWS)
    now[0] = 61
    with pytest.raises(Unauthorized):
        keeper.admit(kapchyk, basic(LOGIN, "guess"), NOBODY_KNOWS)


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("11.1.2.3", False),
        ("2001:db8::1", True),
        (None, False),
        ("x", False),
    ],
)
def test_agreed_addresses_alone_are_let_in(address: str | None, inside: bool) -> None:
    """A caller from elsewhere, or from nobody knows where, is forbidden whatever the password."""
    kapchyk = record(addresses=("10.0.0.0/8", "2001:db8::/32"))
    keeper = Doorkeeper(CHEAP)
    if inside:
        keeper.admit(kapchyk, basic(LOGIN, PASSWORD), Caller(address, None))
    else:
        with pytest.raises(Forbidden):
            keeper.admit(kapchyk, basic(LOGIN, PASSWORD), Caller(address, None))


@pytest.mark.parametrize(("shown", "inside"), [("a" * 64, True), ("b" * 64, False), (None, False)])
def test_agreed_certificate_alone_is_let_in(shown: str | None, inside: bool) -> None:
    """A partner held to a certificate is let in with it alone, whatever the password."""
    kapchyk, keeper = record(certificates=("a" * 64,)), Doorkeeper(CHEAP)
    if inside:
        keeper.admit(kapchyk, basic(LOGIN, PASSWORD), Caller(None, shown))
    else:
        with pytest.raises(Forbidden):
            keeper.admit(kapchyk, basic(LOGIN, PASSWORD), Caller(None, shown))


def test_address_in_a_header_is_not_believed(town: Town) -> None:
    """Anybody can write a header; it counts on nginx's own unix socket alone, and only where that is set."""
    town.define_partner(addresses=["10.0.0.0/8"])
    headers = {"Authorization": basic(LOGIN, PASSWORD), "X-Real-IP": "10.0.0.1", "X-Forwarded-For": "10.0.0.1"}
    path = f"/partners/{TENANT}/kapchyk?command=check&txn_id=1&account=0100001&sum=0"
    for caller in ("127.0.0.1", "localhost"):
        response = town.client.get(path, headers=headers, environ_overrides={"REMOTE_ADDR": caller})
        assert response.status_code == 403
    direct = town.client.get(
        path, headers={"Authorization": basic(LOGIN, PASSWORD)}, environ_overrides={"REMOTE_ADDR": "10.0.0.9"}
    )
    assert result(direct) == 0
    town.service.settings = town.service.settings.with_values(payments__nginx_socket="/run/payments.sock")
    assert town.service.web is not None
    behind = town.service.web().test_client()
    assert result(behind.get(path, headers=headers, environ_overrides={"REMOTE_ADDR": "localhost"})) == 0
    assert behind.get(path, headers=headers, environ_overrides={"REMOTE_ADDR": "127.0.0.1"}).status_code == 403


def test_allowance_refills_with_time() -> None:
    """A partner may spend its burst at once and its rate each second; others are not touched."""
    now = [0.0]
    allowance = Allowance(2, 3, lambda: now[0])
    for _ in range(3):
        allowance.spend(TENANT, "a")
    with pytest.raises(TooMany):
        allowance.spend(TENANT, "a")
    allowance.spend(TENANT, "b")
    now[0] = 0.5
    allowance.spend(TENANT, "a")


def test_strangers_do_not_use_up_what_a_partner_may_ask(
    make_town: Callable[[Settings], Town], settings: Settings
) -> None:
    """Calls without the password cost the partner nothing; its own are counted, and the one too many is 429."""
    town = make_town(settings.with_values(payments__requests_burst=3, payments__requests_per_s=1))
    for _ in range(5):
        assert town.ask(password="guess", command="check").status_code == 401
    assert [town.check("0100001").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_changes_of_a_partner_hold_from_its_next_call(town: Town) -> None:
    """What is set anew is not looked for in what was seen before: terms, addresses and passwords."""
    assert result(town.check("0100001", "50.00")) == 0
    town.define_partner(credentials=False, settings={"min_tyiyn": 10_000})
    assert result(town.check("0100001", "50.00")) == 241
    town.define_partner(login=LOGIN, password="another-made-by-a-machine", credentials=False)
    assert town.check("0100001", "50.00").status_code == 401
    assert result(town.check("0100001", "50.00", password="another-made-by-a-machine")) == 0
    town.define_partner(credentials=False, addresses=["10.0.0.0/8"])
    assert town.check("0100001", "50.00", password="another-made-by-a-machine").status_code == 403


def test_body_beyond_the_limit_is_refused(town: Town) -> None:
    """64 KB is more than any request; more is not read."""
    response = town.client.post(
        f"/partners/{TENANT}/kapchyk",
        data=b"a=" + b"x" * 70_000,
        headers={"Authorization": basic(LOGIN, PASSWORD), "Content-Type": "application/x-www-form-urlencoded"},
    )
    assert response.status_code == 413


def test_partner_is_told_to_repeat_while_the_database_is_away(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A partner that is known in this process gets result 1; one that is not gets 503, which it repeats too."""
    assert result(town.check("0100001")) == 0

    def away() -> None:
        raise OperationalError("connect", {}, Exception("away"))

    monkeypatch.setattr(town.service.online.engine, "connect", away)
    assert result(town.pay("1", "0100001", "1.00")) == 1
    assert town.ask("bank", command="check").status_code == 503
