"""What an answer refuses: the request as a whole, or what a mutation was to change."""

from collections.abc import Iterable, Iterator, Mapping

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    parse,
)

KIND = "portalQueryKind"
"""The key under which a result says what it is, where the document did not ask."""
DONE = "Payload"
"""What the name of every result ends with that did what it was asked."""


class Asking:
    """A document as it is sent, so that every mutation's result says whether it was refused."""

    def __init__(self, text: str) -> None:
        self.changes, self.text = False, text
        try:
            document = parse(text)
        except (GraphQLSyntaxError, RecursionError):
            return  # the portal says what is wrong with it
        unsaid = list(_unsaid(document))
        self.changes = any(_is_mutation(node) for node in document.definitions)
        for at in sorted({_begin(node) for node in unsaid}, reverse=True):
            self.text = f"{self.text[:at]} {KIND}: __typename {self.text[at:]}"

    def refusals(self, answer: dict[str, object]) -> list[str]:
        """A line for each refusal; what was added to the document is taken out of the answer."""
        data = answer.get("data")
        results = data if isinstance(data, dict) and self.changes else {}
        kinds = {key: _kind(result) for key, result in results.items() if isinstance(result, dict)}
        lines = [_of_error(error) for error in _list(answer.get("errors"))]
        for key, kind in kinds.items():
            if not kind.endswith(DONE):
                lines += _of_result(key, kind, results[key])
        return [_harmless(line) for line in lines]


def _is_mutation(node: object) -> bool:
    return isinstance(node, OperationDefinitionNode) and node.operation is OperationType.MUTATION


def _unsaid(document: DocumentNode) -> Iterator[SelectionSetNode]:
    """What is selected of the mutations that do not say what became of them."""
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode) and _is_mutation(node):
            for field in _fields(node.selection_set.selections, fragments, set()):
                chosen = field.selection_set
                if chosen is not None and not any(map(_says_kind, chosen.selections)):
                    yield chosen


def _fields(
    selections: Iterable[SelectionNode],
    fragments: Mapping[str, FragmentDefinitionNode],
    seen: set[str],
) -> Iterator[FieldNode]:
    for node in selections:
        match node:
            case FieldNode():
                yield node
            case InlineFragmentNode():
                yield from _fields(node.selection_set.selections, fragments, seen)
            case FragmentSpreadNode() if node.name.value not in seen:
                seen.add(node.name.value)
                if found := fragments.get(node.name.value):
                    yield from _fields(found.selection_set.selections, fragments, seen)


def _says_kind(node: SelectionNode) -> bool:
    if not isinstance(node, FieldNode) or node.alias or node.directives:
        return False
    return node.name.value == "__typename"


def _begin(node: SelectionSetNode) -> int:
    """Behind its opening brace."""
    return node.loc.start + 1 if node.loc else 0


def _kind(result: dict[str, object]) -> str:
    return str(result.pop(KIND, None) or result.get("__typename") or DONE)


def _of_error(error: Mapping[str, object]) -> str:
    extensions = error.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else None
    return f"{code}: {error.get('message')}" if code else str(error.get("message"))


def _of_result(key: str, kind: str, result: Mapping[str, object]) -> Iterator[str]:
    message = result.get("message")
    if message is None and not result.get("errors"):
        yield f"{key}: {kind}. Add `... on Error {{ message }}` to the query to read why."
        return
    granted = result.get("grantedBy")
    who = f" Who could: {granted}." if granted else ""
    yield f"{key}: {kind}. {message or ''}".rstrip() + who
    for fault in _list(result.get("errors")):
        path = fault.get("path")
        where = ".".join(map(str, path)) if isinstance(path, list) else ""
        if said := ": ".join(part for part in (where, str(fault.get("message") or "")) if part):
            yield f"  {said}"


def _harmless(line: str) -> str:
    """One line, whatever a server writes."""
    return "".join(c if c.isprintable() else " " for c in line)


def _list(found: object) -> list[dict[str, object]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
