"""Refusals as the API shows them: each mutation's union holds all four."""

import strawberry


def _says(text: str) -> str:
    return strawberry.field(description=text)  # type: ignore[no-any-return]  # a field stands for its type


@strawberry.interface(
    description="Why something was not done. The message is for people, the code for programs."
)
class Error:
    message: str = _says("What happened and what to do, in plain English.")
    code: str = _says("A stable code, listed in the API's documentation.")
    path: list[str] = strawberry.field(
        description="The field of the input it is about, from the input object down."
    )


@strawberry.type(description="One fault in the input.")
class FieldError:
    path: list[str] = strawberry.field(
        description="The field of the input, from the input object down."
    )
    message: str = _says("What is wrong and what to do.")
    code: str = _says("A stable code.")


@strawberry.type(description="The input cannot be accepted as it is; nothing was saved.")
class ValidationError(Error):
    errors: list[FieldError] = strawberry.field(
        description="Every fault that was found, so that all can be mended at once."
    )


@strawberry.type(description="You see the record and may not do this to it.")
class NotPermitted(Error):
    rule: str = _says("The rule that refused.")
    granted_by: str = _says("Who could do it, or give you the right to.")


@strawberry.type(
    description="There is no such record for you: hidden and missing are the same answer."
)
class NotFound(Error):
    pass


@strawberry.type(description="Somebody changed the record after you read it; nothing was saved.")
class Conflict(Error):
    current_version: int = strawberry.field(description="The version the record has now.")


@strawberry.type(description="Something was accepted that deserves a second look.")
class Warning:
    path: list[str] = strawberry.field(description="The field of the input it is about.")
    message: str = _says("What is odd.")
    code: str = _says("A stable code.")
