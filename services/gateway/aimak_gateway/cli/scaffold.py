"""A plugin package from nothing: it installs, keeps the contract of its kind and is billed as it stands."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from string import Template

from aimak.plugins import rate_components, service_types
from aimak.plugins.checks import CODE
from aimak.problems import Problem, Refused

TEMPLATES = Path(__file__).parent / "templates"
KINDS = {"service-type": service_types.GROUP, "rate-component": rate_components.GROUP}
_PACKAGE, _SUFFIX = "package", ".txt"


def make(kind: str, name: str, parent: Path, *, write: bool = True) -> tuple[Path, list[Path]]:
    """Write the package of a new plugin into a folder of its own under `parent`: the folder and its files, which
    without `write` are only named. Raises Refused for a kind that is not known, a name that is no code or one that is
    taken, a folder that is there already."""
    code = name.replace("-", "_")
    if kind not in KINDS:
        raise Refused(Problem("AIM-G071", {"kind": kind, "known": ", ".join(KINDS)}))
    if not CODE.fullmatch(code):
        raise Refused(Problem("AIM-G072", {"name": name}))
    # By the names of the entry points: plugins are loaded by their host alone.
    for taken in entry_points(group=KINDS[kind], name=code):
        raise Refused(Problem("AIM-G074", {"code": code, "owner": taken.dist.name if taken.dist else "?"}))
    folder = parent / f"aimak-{code.replace('_', '-')}"
    if folder.exists():
        raise Refused(Problem("AIM-G073", {"folder": str(folder)}))
    words = {
        "code": code,
        "dashed": code.replace("_", "-"),
        "class_name": "".join(word.capitalize() for word in code.split("_")),
        "title": code.replace("_", " ").capitalize(),
        "service_type_version": str(service_types.INTERFACE_VERSION),
        "rate_component_version": str(rate_components.INTERFACE_VERSION),
    }
    source = TEMPLATES / kind.replace("-", "_")
    templates = sorted(source.rglob(f"*{_SUFFIX}"))
    return folder, [_made(template, source, folder, words, write=write) for template in templates]


def _made(template: Path, source: Path, folder: Path, words: dict[str, str], *, write: bool) -> Path:
    parts = [f"aimak_{words['code']}" if part == _PACKAGE else part for part in template.relative_to(source).parts]
    file = folder.joinpath(*parts[:-1], parts[-1].removesuffix(_SUFFIX))
    if write:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(Template(template.read_text(encoding="utf-8")).substitute(words), encoding="utf-8")
    return file
