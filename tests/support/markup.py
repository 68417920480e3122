"""HTML as a browser takes it: blanks and the order of attributes make no difference."""

from html.parser import HTMLParser

HIDDEN = ("script", "style", "template")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[object] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        plain = sorted((name, " ".join((value or "").split())) for name, value in attrs)
        self.found.append((tag, plain))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        self.found.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        if words := " ".join(data.split()):
            self.found.append(words)


def markup(html: str) -> list[object]:
    """Tags, attributes and words, in order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.found


class _Seen(HTMLParser):
    """The words that a person is shown or told; not those in attributes that nobody reads."""

    TOLD = frozenset({"aria-label", "title", "alt", "value", "placeholder", "data-label"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in HIDDEN
        given = dict(attrs)
        if given.get("type") == "hidden" or tag == "option":
            return
        self.words += [value for name, value in attrs if name in self.TOLD and value]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in HIDDEN

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.words.append(data)


def seen(html: str) -> list[str]:
    """The texts of a page, in order."""
    reader = _Seen()
    reader.feed(html)
    reader.close()
    return reader.words
