"""What every test may use: outside data, profiles of hypothesis, and the grouping of tests that need servers."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

CORPORA = "AIMAK_CORPORA"
NO_CORPORA = f"needs the outside data named by {CORPORA}"

# How long an example takes is the machine's business: no test fails because others work beside it.
_AT_ANY_SPEED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("default", derandomize=True, **_AT_ANY_SPEED)
settings.register_profile("long", max_examples=5_000, **_AT_ANY_SPEED)


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of outside data; a test that asks for it is skipped where there is none."""
    named = os.environ.get(CORPORA)
    if not named:
        pytest.skip(NO_CORPORA)
    return Path(named)


def pytest_configure(config: pytest.Config) -> None:
    """Watch over outside data; take the repeatable profile of hypothesis unless another was asked for."""
    config.pluginmanager.register(CorporaGuard(), "corpora-guard")
    if not config.getoption("--hypothesis-profile"):
        settings.load_profile("default")
    # Where a machine sets it, programs would write as into a terminal, and what a user's shell shows would go untested.
    os.environ.pop("PYTHONUNBUFFERED", None)
    # A run that is told to end does so as with Ctrl+C: its servers end with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that start servers share a process, so that two brokers never fight for the machine."""
    for item in items:
        if item.get_closest_marker("servers") and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group("servers"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    """Note on the report whether the test wanted outside data."""
    report = yield
    if item.get_closest_marker("corpora") or "corpora" in getattr(item, "fixturenames", ()):
        report.user_properties.append(("corpora", "wanted"))
    return report


class CorporaGuard:
    """With outside data at hand, a test that leaves it out makes the whole run fail."""

    def __init__(self) -> None:
        self.left_out: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember a test that wanted outside data and was skipped."""
        if report.skipped and "corpora" in dict(report.user_properties):
            self.left_out.append(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Turn a run that left data out into a failed one."""
        if self.left_out and os.environ.get(CORPORA):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which tests did without outside data."""
        if self.left_out:
            terminalreporter.write_line(f"{len(self.left_out)} tests did without outside data:")
            for nodeid in self.left_out:
                terminalreporter.write_line(f"  {nodeid}")
