"""The built-in rate components beyond the first month keep the contract that a stranger's must keep."""

import json
from pathlib import Path

import aimak_billing.plugins.rate_components as built_in
import pytest
from aimak.testing.rate_components import RateComponentContract
from aimak_billing.domain.rating import Plugins
from aimak_billing.plugins.rate_components.attendance.plugin import Attendance
from aimak_billing.plugins.rate_components.benefit.plugin import Benefit
from aimak_billing.plugins.rate_components.coefficient.plugin import Coefficient
from aimak_billing.plugins.rate_components.maximum.plugin import Maximum
from aimak_billing.plugins.rate_components.minimum.plugin import Minimum
from aimak_billing.plugins.rate_components.norm.plugin import Norm
from aimak_billing.plugins.rate_components.outage_credit.plugin import OutageCredit
from aimak_billing.plugins.rate_components.package.plugin import Package
from aimak_billing.plugins.rate_components.per_area.plugin import PerArea
from aimak_billing.plugins.rate_components.per_container.plugin import PerContainer
from aimak_billing.plugins.rate_components.per_count.plugin import PerAnything
from aimak_billing.plugins.rate_components.per_frontage.plugin import PerFrontage
from aimak_billing.plugins.rate_components.per_head.plugin import PerHead
from aimak_billing.plugins.rate_components.per_hectare.plugin import PerHectare
from aimak_billing.plugins.rate_components.per_household.plugin import PerHousehold
from aimak_billing.plugins.rate_components.per_place.plugin import PerPlace
from aimak_billing.plugins.rate_components.per_visit.plugin import PerVisit
from aimak_billing.plugins.rate_components.percentage.plugin import Percentage
from aimak_billing.plugins.rate_components.pipe_section.plugin import PipeSection
from aimak_billing.plugins.rate_components.reached_block.plugin import ReachedBlock
from aimak_billing.plugins.rate_components.seasonal.plugin import Seasonal
from aimak_billing.plugins.rate_components.subsidy.plugin import Subsidy

FOLDERS = sorted(path for path in Path(built_in.__file__).parent.iterdir() if (path / "plugin.py").exists())


def cases(code):
    """The worked cases in a plugin's own folder."""
    return json.loads((Path(built_in.__file__).parent / code / "fixtures" / "cases.json").read_text())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_folder_looks_alike_and_is_installed_under_its_name(folder):
    """A component is found by the name of its folder, with schema, README and worked cases beside it."""
    assert all((folder / name).is_file() for name in ("schema.py", "README.md", "fixtures/cases.json"))
    assert (folder / "README.md").read_text().startswith(f"# Rate component `{folder.name}`\n")
    plugin = Plugins.discover().rate_components.get(folder.name)
    assert plugin is not None and plugin.__module__.split(".")[-2] == folder.name


class TestReachedBlock(RateComponentContract):
    """The whole volume at the block reached."""

    component = ReachedBlock
    cases = cases("reached_block")
    refused = ({"blocks": [{"up_to": "10", "price": "1"}]}, {"blocks": [{"price": "1", "per": "0"}]})


class TestPackage(RateComponentContract):
    """Units included, then started packages."""

    component = Package
    cases = cases("package")
    refused = ({"size": "0", "price": "1"}, {"price": "1"}, {"size": "1"})


class TestNorm(RateComponentContract):
    """Norm × residents × days."""

    component = Norm
    cases = cases("norm")
    refused = ({"price": "1", "norms_for": "week"},)


class TestAttendance(RateComponentContract):
    """Days attended of days open."""

    component = Attendance
    cases = cases("attendance")
    attributes = ("days_attended", "days_open")
    refused = ({"price": "1", "per": "hour"}, {})


class TestMinimum(RateComponentContract):
    """What is missing to a minimum."""

    component = Minimum
    cases = cases("minimum")
    refused = ({"bound": "1"}, {"bound": "1", "of": []})


class TestMaximum(RateComponentContract):
    """What is beyond a maximum."""

    component = Maximum
    cases = cases("maximum")
    refused = ({"of": ["volume"]},)


class TestPercentage(RateComponentContract):
    """A share of other lines."""

    component = Percentage
    cases = cases("percentage")
    refused = ({"percent": "half", "of": ["volume"]}, {"percent": "1 %"})


class TestCoefficient(RateComponentContract):
    """1 to 3 for large users."""

    component = Coefficient
    cases = cases("coefficient")
    refused = (
        {"of": ["volume"]},
        {"of": ["volume"], "coefficient": "0"},
        {"of": ["volume"], "coefficient": "10.001"},
        {"of": ["volume"], "coefficient": "2", "steps": [{"above": "1", "coefficient": "2"}]},
        {"of": ["volume"], "steps": [{"above": "5", "coefficient": "2"}, {"above": "4", "coefficient": "3"}]},
    )


class TestPipeSection(RateComponentContract):
    """What an open pipe lets through."""

    component = PipeSection
    cases = cases("pipe_section")
    attributes = ("pipe_mm", "draw_hours")
    refused = ({"price": "1"}, {"price": "1", "metres_a_second": "0"}, {"price": "1", "metres_a_second": "10.001"})


class TestPerCount(RateComponentContract):
    """Whatever is counted."""

    component = PerAnything
    cases = cases("per_count")
    attributes = ("lamps", "hours", "watts")
    refused = ({"of": "lamps", "price": "1"}, {"price": "1", "unit": {"ky": "а", "ru": "б", "en": "c"}})


class TestPerHousehold(RateComponentContract):
    """By households."""

    component = PerHousehold
    cases = cases("per_household")
    attributes = ("households",)
    refused = ({}, {"price": "1", "times": []})


class TestPerArea(RateComponentContract):
    """By square metres."""

    component = PerArea
    cases = cases("per_area")
    attributes = ("area",)
    refused = ({"price": "1", "times": ["a", "b", "c"]},)


class TestPerHectare(RateComponentContract):
    """By hectares."""

    component = PerHectare
    cases = cases("per_hectare")
    attributes = ("hectares",)
    refused = ({"price": "1", "of": "Garden"},)


class TestPerHead(RateComponentContract):
    """By head of cattle."""

    component = PerHead
    cases = cases("per_head")
    attributes = ("cattle",)
    refused = ({"price": "1", "at_least": "some"},)


class TestPerFrontage(RateComponentContract):
    """By metres of street front."""

    component = PerFrontage
    cases = cases("per_frontage")
    attributes = ("frontage",)
    refused = ({"price": "1", "prorate": "weeks"},)


class TestPerPlace(RateComponentContract):
    """By places."""

    component = PerPlace
    cases = cases("per_place")
    attributes = ("places",)
    refused = ({},)


class TestPerContainer(RateComponentContract):
    """By containers lifted."""

    component = PerContainer
    cases = cases("per_container")
    attributes = ("containers", "container_volume", "kilograms")
    refused = ({},)


class TestPerVisit(RateComponentContract):
    """By visits."""

    component = PerVisit
    cases = cases("per_visit")
    attributes = ("visits",)
    refused = ({},)


class TestSeasonal(RateComponentContract):
    """Prices by months."""

    component = Seasonal
    cases = cases("seasonal")
    refused = (
        {"seasons": [{"months": [1, 2, 3], "price": "1"}]},
        {"seasons": [{"months": list(range(1, 13)), "price": "1"}, {"months": [12], "price": "1"}]},
        {"seasons": [{"months": list(range(13)), "price": "1"}]},
    )


class TestBenefit(RateComponentContract):
    """A percentage, an amount, the first units."""

    component = Benefit
    cases = cases("benefit")
    refused = (
        {"of": ["volume"]},
        {"of": ["volume"], "percent": "50", "amount": "1"},
        {"of": ["volume"], "percent": "100.1 %"},
        {"of": [], "percent": "50"},
        {"of": ["volume"], "percent": "50", "when": "veteran"},
    )


class TestSubsidy(RateComponentContract):
    """What the budget bears."""

    component = Subsidy
    cases = cases("subsidy")
    refused = ({"percent": "50"}, {"of": ["volume"], "units": "1", "units_for": "street"})


class TestOutageCredit(RateComponentContract):
    """Days without supply."""

    component = OutageCredit
    cases = cases("outage_credit")
    attributes = ("days_without_supply",)
    refused = ({}, {"of": ["volume"], "free_days": "1.5"})
