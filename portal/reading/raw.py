"""JSON that PostgreSQL has written: it goes into the response as it is."""


class RawJson:
    """The bytes of a JSON value; never decoded on the way."""

    __slots__ = ("bytes",)

    def __init__(self, raw: bytes) -> None:
        self.bytes = raw
