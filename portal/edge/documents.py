"""Trusted documents: the operations of the contract, known by the hash of their file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

PREFIX = "sha256:"


@dataclass(frozen=True)
class Document:
    """One file of graphql/operations/."""

    name: str
    text: str

    @property
    def id(self) -> str:
        """What a client sends as `documentId`."""
        return document_id(self.text)


class TrustedDocuments:
    """The documents of this release, by id and by text."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        self._by_id = dict(documents)
        self._texts = frozenset(document.text for document in documents.values())

    @classmethod
    def of(cls, *documents: Document) -> "TrustedDocuments":
        """These documents."""
        return cls({document.id: document for document in documents})

    @classmethod
    def load(cls, folder: Path) -> "TrustedDocuments":
        """Every .graphql file under the folder."""
        return cls.of(
            *(
                Document(str(file.relative_to(folder).with_suffix("")), _read(file))
                for file in sorted(folder.rglob("*.graphql"))
            )
        )

    def __iter__(self) -> Iterator[Document]:
        return iter(self._by_id.values())

    def get(self, id: str) -> Document | None:
        """The document with that id."""
        return self._by_id.get(id)

    def trusts(self, text: str) -> bool:
        """Whether exactly this text is one of them, however it was sent."""
        return text in self._texts


def document_id(text: str) -> str:
    """The id of a text, trusted or not; log lines name it instead of the query."""
    return PREFIX + sha256(text.encode()).hexdigest()


def _read(file: Path) -> str:
    """The file as it is: a hash over translated line ends would not be the file's."""
    return file.read_bytes().decode()
