"""The portal in this process, and what its pages ask of the schema."""

import json
from typing import Any

import httpx2

from portal.app import App
from portal.edge.bodies import Asked


class Listener:
    """The portal in this process, which notes what its pages ask and what they are answered."""

    def __init__(self, app: App, url: str) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        site = app.state.site
        names = {document.text: document.name for document in site.documents.values()}
        execute = site.edge.execute

        async def overheard(asked: Asked, context: object) -> Any:
            result = await execute(asked, context)
            if result.data is not None:
                self.heard.append((names[asked.text], json.loads(result.data.bytes)))
            return result

        site.edge.execute = overheard
        self.client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=url)
