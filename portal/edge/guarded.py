"""The schema as it is served: with its limits in front, whoever asks."""

from portal.contract import contract_path
from portal.edge.documents import TrustedDocuments
from portal.edge.guard import guard
from portal.edge.library import Library
from portal.edge.limits import Limits
from portal.schema import Schema, build


def guarded(limits: Limits | None = None) -> tuple[Schema, Library]:
    """The schema, and the library that reads its documents and holds them to the limits."""
    schema = build(guard(lambda: library))
    trusted = TrustedDocuments.load(contract_path() / "operations")
    core = schema._schema  # noqa: SLF001 - Strawberry has no public name for it
    library = Library(core, trusted, limits or Limits())
    return schema, library
