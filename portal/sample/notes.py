"""What somebody needs to try the sample: its address, programs, keys, people and roles."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from portal.sample.partnership import AGENCIES, PEOPLE, agency_id, membership_id
from portal.sample.programs import PROGRAMS, key_file

NAME = "demo.json"
FIRST = "{ initiatives(first: 5) { nodes { reference title stage lead { shortName } } } }"


@dataclass(frozen=True)
class Notes:
    """For a person to read, and for a program as demo.json."""

    address: str
    today: str
    folder: Path

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """As the demo of this folder wrote them; None where it has not."""
        try:
            noted = json.loads((folder / NAME).read_text())
            return cls(noted["base_url"], noted["today"], folder)
        except (OSError, ValueError, KeyError):
            return None

    @property
    def environ(self) -> dict[str, str]:
        """The settings of the demo that wrote them, besides its databases."""
        return {
            "PORTAL_TODAY": self.today,
            "PORTAL_BASE_URL": self.address,
            "PORTAL_KEYS_FOLDER": str(ring_of(self.folder)),
        }

    @property
    def keys(self) -> Path:
        """Where the programs' private keys are."""
        return self.folder / "keys"

    @property
    def file(self) -> Path:
        """Where the notes are kept."""
        return self.folder / NAME

    def write(self) -> None:
        """Whole or not at all: a program may be reading it."""
        draft = self.file.with_suffix(".new")
        draft.write_text(json.dumps(self.all(), indent=2, ensure_ascii=False) + "\n")
        draft.replace(self.file)

    def all(self) -> dict[str, object]:
        """Everything, as in demo.json."""
        return {
            "base_url": self.address,
            "graphql": f"{self.address}/graphql",
            "today": self.today,
            "clients": [
                {
                    "id": str(program.id),
                    "key": program.key,
                    "name": program.name,
                    "agency": AGENCIES[program.agency][0],
                    "scopes": [str(scope) for scope in program.scopes],
                    "key_file": str(key_file(self.keys, program)),
                }
                for program in PROGRAMS
            ],
            "agencies": [
                {"id": str(agency_id(key)), "name": name, "short_name": short, "kind": str(kind)}
                for key, (name, short, kind, *_) in AGENCIES.items()
            ],
            "people": [
                {
                    "as": str(membership_id(key)),
                    "key": key,
                    "name": name,
                    "agency": AGENCIES[agency][0],
                    "team": team,
                    "roles": [str(role) for role in roles],
                }
                for key, (agency, name, roles, team) in PEOPLE.items()
            ],
        }

    def welcome(self) -> str:
        """What to open first, and a first query to paste."""
        program = PROGRAMS[0]
        key = _short(key_file(self.keys, program))
        return f"""
Open {self.address}/ in a browser, and sign in as anybody of the sample.

It is a Merseyside partnership on {self.today}. Its people do not exist, and figures that are not
public are marked as sample.

Programs ask the API. In another terminal, as one of {AGENCIES[program.agency][0]}:

  echo '{FIRST}' |
    uv run portal query - --url {self.address} --client {program.id} --key {key}

Who takes part, and as what: {_short(self.file)}. More queries: graphql/operations.
Ctrl-C stops everything and keeps what was entered; --reset begins anew.
"""


def ring_of(folder: Path) -> Path:
    """Where a demo in this folder has the portal's own keys."""
    return folder.absolute() / "ring"


def _short(path: Path) -> str:
    """From where we are, if that is shorter."""
    return min(str(path), os.path.relpath(path), key=len)
