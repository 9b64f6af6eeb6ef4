"""Tariffs as texts for people: the file again, and what changes from one version to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aimak.problems import NotFound, Problem, Refused
from aimak.storage.work import UnitOfWork
from aimak.texts import translate

from aimak_billing import tariff_file
from aimak_billing.application.kit import Kit
from aimak_billing.application.tariff_life import find, ref_of
from aimak_billing.application.tariffs import stored
from aimak_billing.domain.rating import label
from aimak_billing.domain.tariff import TariffVersion, TaxRule
from aimak_billing.domain.tariff_life import WITHDRAWN
from aimak_billing.tariff_file.differences import Difference, differences


def export(kit: Kit, work: UnitOfWork, refs: Sequence[str]) -> str:
    """The YAML of tariffs (`code`: all its versions; `code@date`: that one), or of all with the tax rules. Raises
    NotFound."""
    versions, taxes = stored(kit, work)
    if not refs:
        kept = [version for version in versions if version.status != WITHDRAWN]
        return tariff_file.dump(kept, kit.plugins, taxes)
    chosen: dict[int, TariffVersion] = {}
    for ref in refs:
        found = [find(versions, ref)] if "@" in ref else [one for one in versions if one.code == ref]
        found = [version for version in found if version.status != WITHDRAWN]
        if not found:
            raise NotFound(Problem("AIM-B052", {"tariff": ref}))
        chosen |= {version.id: version for version in found}
    return tariff_file.dump(list(chosen.values()), kit.plugins)


def diff(kit: Kit, work: UnitOfWork, refs: Sequence[str], lang: str) -> dict[str, Any]:
    """What changes from one version to another, each change in words. One reference alone is held against the version
    before it. Raises NotFound or Refused."""
    versions, taxes = stored(kit, work)
    newest = find(versions, refs[-1], under_way=len(refs) == 1)
    older = find(versions, refs[0]) if len(refs) > 1 else _before(versions, newest)
    if older.id == newest.id:
        raise Refused(Problem("AIM-T113", {"tariff": ref_of(newest)}))
    rows = [_told(one, older, newest, kit, taxes, lang) for one in differences(older, newest, kit.plugins)]
    return {"old": ref_of(older), "new": ref_of(newest), "differences": rows}


def _before(versions: Sequence[TariffVersion], version: TariffVersion) -> TariffVersion:
    earlier = [
        other
        for other in versions
        if other.code == version.code and other.status != WITHDRAWN and other.valid_from < version.valid_from
    ]
    return max(earlier, key=lambda other: other.valid_from, default=version)


def _told(
    one: Difference, old: TariffVersion, new: TariffVersion, kit: Kit, taxes: Sequence[TaxRule], lang: str
) -> dict[str, Any]:
    words = [_word(name, place, one, (old, new), kit, taxes, lang) for place, name in enumerate(one.path) if name]
    return {
        "path": ".".join(name for name in one.path if name),
        "what": " · ".join(word for word in words if word),
        "old": one.old,
        "new": one.new,
        "permille": one.permille,
    }


def _word(
    name: str,
    place: int,
    one: Difference,
    versions: tuple[TariffVersion, TariffVersion],
    kit: Kit,
    taxes: Sequence[TaxRule],
    lang: str,
) -> str:
    """What a step of a path is called: a component by its line's name, a key by its word, a place by its number."""
    if name == "components":
        return ""
    if place == 1 and one.path[0] == "components":
        for version in reversed(versions):
            if any(component.code == name for component in version.components):
                return label(name, version, kit.plugins, taxes, lang)
    return translate("aimak_billing", f"tariff.{name}", lang) or name
