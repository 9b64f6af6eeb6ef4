"""A folder of OWRS files surveyed: which become tariffs of ours, and why the others do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aimak.problems import Problem, Refused

from aimak_billing.domain.rating import Plugins
from aimak_billing.owrs import names
from aimak_billing.owrs.document import OwrsClass, read
from aimak_billing.owrs.tariffs import class_tariff

BEGIN, END = "<!-- made by python -m aimak_billing.owrs -->", "<!-- end -->"
USUAL = {"hhsize": "3", "days_in_period": "30.4", "et_amount": "4.1", "irr_area": "2000", "number_dwelling_units": "4"}
REASONS: Mapping[str, str] = {
    "AIM-T001": "broken YAML: a tab, a list or a mapping that does not close",
    "AIM-T008": "`effective_date` is no date",
    "AIM-T010": "parts that are made of one another in a circle",
    "AIM-T012": "a key named twice with different values: which one holds is a guess",
    "AIM-T201": "a formula that is none",
    "AIM-T221": "a class without `bill`",
    "AIM-T222": "a map with other keys than `depends_on` and `values`, or with a list for its values",
    "AIM-T223": "as many tier starts as prices are needed",
    "AIM-T224": "a percentage of the budget under `Tiered`",
    "AIM-T225": "a list where one value is needed",
    "AIM-T226": "a key with more or fewer parts than `depends_on` names",
    "AIM-T227": "the same key twice with different values",
    "AIM-T231": "an empty part",
    "AIM-T232": "`Tiered` or `Budget` without starts or prices",
}


@dataclass
class Survey:
    """Files and classes counted; `refused` has each refused file with its problems."""

    files: int = 0
    imported: int = 0
    classes: int = 0
    sound: int = 0
    refused: dict[str, list[Problem]] = field(default_factory=dict)


def surveyed(folder: Path, plugins: Plugins) -> Survey:
    """Translate every class of every file below a folder."""
    survey = Survey()
    for path in sorted(folder.rglob("*.owrs")):
        survey.files += 1
        name = path.relative_to(folder).as_posix()
        problems = _problems(path, name, plugins, survey)
        if problems:
            survey.refused[name] = problems
        else:
            survey.imported += 1
    return survey


def _problems(path: Path, name: str, plugins: Plugins, survey: Survey) -> list[Problem]:
    try:
        document = read(path.read_bytes().decode(), name)
    except Refused as refused:
        return list(refused.problems)
    problems = list(document.problems)
    for owrs in document.classes.values():
        survey.classes += 1
        try:
            wrong = class_tariff(document, owrs, {}, "survey", "survey", plugins).made.faults
        except Refused as refused:
            wrong = list(refused.problems)
        survey.sound += not wrong
        problems += wrong
    return problems


def written(survey: Survey) -> str:
    """The survey as Markdown: the numbers, the reasons, the files."""
    lines = [
        "| | |",
        "|---|---|",
        f"| files | {survey.files} |",
        f"| import whole | {survey.imported} |",
        f"| refused | {len(survey.refused)} |",
        f"| classes in files that can be read | {survey.classes} |",
        f"| of them become tariffs | {survey.sound} |",
        "",
        "| code | refused files | why |",
        "|---|---|---|",
        *_reasons(survey.refused.values()),
        "",
        "| refused file | line | code |",
        "|---|---|---|",
        *(
            f"| {name} | {', '.join(_places(problems))} | {', '.join(sorted({one.code for one in problems}))} |"
            for name, problems in survey.refused.items()
        ),
    ]
    return "\n".join(lines)


def _reasons(refused: Iterable[list[Problem]]) -> list[str]:
    counted = Counter(code for problems in refused for code in {problem.code for problem in problems})
    return [f"| {code} | {count} | {REASONS[code]} |" for code, count in sorted(counted.items())]


def _places(problems: list[Problem]) -> list[str]:
    lines = sorted({problem.place.line for problem in problems if problem.place and problem.place.line})
    return [str(line) for line in lines[:6]] + (["…"] if len(lines) > 6 else [])


def asked_of(owrs: OwrsClass) -> dict[str, str]:
    """Plausible inputs of a class: the usual ones, and the first key of every map."""
    values = dict(USUAL)
    for part in owrs.parts.values():
        if not isinstance(part, dict) or not isinstance(part.get("values"), dict) or not part["values"]:
            continue
        by = part["depends_on"] if isinstance(part.get("depends_on"), list) else [part.get("depends_on")]
        sized = ["size" in str(name) for name in by]
        keys = names.keys(next(iter(part["values"])), sized) or []
        values.update({name: key for name, key in zip(by, keys, strict=False) if name not in values})
    return values
