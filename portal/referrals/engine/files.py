"""The files of `pathways/`: read at load, refused with every fault they have, kept by version.

`marac.toml` is the newest version of a pathway; an earlier one stays beside it as `marac@1.toml`,
because cases that began with it go on with it.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from portal.referrals.engine.checks import check
from portal.referrals.engine.pathway import Pathway
from portal.referrals.engine.reading import read_pathway
from portal.referrals.engine.toml_tables import BadPathway, Fault, Table, unknown

FOLDER = Path(__file__).parents[1] / "pathways"


@dataclass(frozen=True)
class Pathways:
    """Every version of every pathway."""

    versions: Mapping[tuple[str, int], Pathway]

    def newest(self, name: str) -> Pathway | None:
        """The version that a case which begins now gets."""
        own = [one for (of, _), one in self.versions.items() if of == name]
        return max(own, key=lambda one: one.version, default=None)

    def of(self, name: str, version: int) -> Pathway:
        """The version that a case began with."""
        return self.versions[name, version]

    @property
    def names(self) -> tuple[str, ...]:
        """By name."""
        return tuple(sorted({name for name, _ in self.versions}))


def load(file: Path) -> Pathway:
    """The pathway of one file, or `BadPathway` with all its faults."""
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as problem:
        raise BadPathway(Fault(file.name, "", f"cannot be read: {problem.strerror}.")) from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        says = f"is no TOML ({problem}): mend that line first."
        raise BadPathway(Fault(file.name, "", says)) from problem
    top = Table(file.name, "", raw)
    pathway = read_pathway(top)
    # What could not be read has stand-ins in its place, which would only show as further faults.
    if not top.faults:
        check(pathway, top.fault)
    if file.stem not in {pathway.name, f"{pathway.name}@{pathway.version}"}:
        top.fault("name", f'is "{pathway.name}": name the file {pathway.name}.toml.')
    if top.faults:
        raise BadPathway(*top.faults)
    return pathway


def load_all(folder: Path = FOLDER) -> Pathways:
    """All files of a folder, or `BadPathway` with the faults of them all."""
    found: dict[tuple[str, int], Pathway] = {}
    faults: list[Fault] = []
    for file in sorted(folder.glob("*.toml")):
        try:
            pathway = load(file)
        except BadPathway as bad:
            faults += bad.faults
            continue
        if (pathway.name, pathway.version) in found:
            says = f"{pathway.version} is that of another file too: a change is a new version."
            faults.append(Fault(file.name, "version", says))
        found[pathway.name, pathway.version] = pathway
    faults += _fit(found)
    if faults:
        raise BadPathway(*faults)
    return Pathways(found)


def _fit(found: Mapping[tuple[str, int], Pathway]) -> list[Fault]:
    names = sorted({name for name, _ in found})
    rules = [(pathway.name, one) for pathway in found.values() for one in pathway.automatic]
    faults = [
        Fault(f"{name}.toml", "automatic.pathway", unknown(one.pathway, "pathway", names))
        for name, one in rules
        if one.pathway not in names
    ]
    for (other, _), followed in found.items():
        ways = [followed.moves[way] for way in followed.moves if followed.sends(way)]
        faults += [
            Fault(
                f"{name}.toml", "automatic.gives", _GIVES.format(" or ".join(w.name for w in ways))
            )
            for name, one in rules
            if one.pathway == other and (len(ways) > 1 or set(ways[0].needs) - one.gives.keys())
        ]
    return faults


_GIVES = 'must have all that the one move that sends it needs, here "{}".'


@lru_cache(maxsize=1)
def shipped() -> Pathways:
    """The portal's own, read once."""
    return load_all()
