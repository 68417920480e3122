"""The load: a few clients, each asking again as soon as it is answered, over kept connections.

python load.py PORT CLIENTS SECONDS|NUMBERx: reads requests (path, body, and headers if they need
any) as JSON from standard input, prints what it measured as JSON. A body that is null asks for a
page; one that is a text is a form. It is a process of its own, so that it takes no time from the
server's.
"""

import asyncio
import json
import sys
from itertools import count
from time import perf_counter

GOOD = (b"http/1.1 200", b"http/1.1 303")


class Client:
    """One connection; plain sockets, because an HTTP library would cost more than the server."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> "Client":
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_) -> None:
        self._writer.close()

    async def ask(self, request: bytes) -> bytes:
        """The body of the answer; anything but 200 ends the measurement."""
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        body = await self._reader.readexactly(int(_after(head, b"content-length:")))
        if not head.startswith(GOOD):
            sys.exit(f"{head.decode()}{body[:2000].decode()}")
        return body


def _after(head: bytes, name: bytes) -> bytes:
    return head.split(name, 1)[1].split(b"\r\n", 1)[0]


def written(path: str, body: dict | str | None, headers: dict | None = None) -> bytes:
    """One request as it goes over the wire."""
    content = (body if isinstance(body, str) else json.dumps(body) if body else "").encode()
    told = {"host": "localhost", "content-type": "application/json", **(headers or {})}
    told["content-length"] = str(len(content))
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    method = "GET" if body is None else "POST"
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + content


async def run(port: int, clients: int, requests: list[bytes], until) -> dict:
    """Each client takes the next request in turn until `until` says that it is over."""
    taken, times = count(), []
    began = perf_counter()

    async def work() -> None:
        async with Client(port) as client:
            while not until(number := next(taken), perf_counter() - began):
                asked = perf_counter()
                await client.ask(requests[number % len(requests)])
                times.append(perf_counter() - asked)

    await asyncio.gather(*(work() for _ in range(clients)))
    elapsed = perf_counter() - began
    times.sort()
    return {
        "rate": len(times) / elapsed,
        "p50": times[len(times) // 2],
        "p95": times[len(times) * 95 // 100],
        "requests": len(times),
    }


if __name__ == "__main__":
    port, clients, limit = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    requests = [written(*each) for each in json.load(sys.stdin)]
    if limit.endswith("x"):
        until = lambda number, _: number >= int(limit[:-1])  # noqa: E731
    else:
        until = lambda _, seconds: seconds > float(limit)  # noqa: E731
    json.dump(asyncio.run(run(port, clients, requests, until)), sys.stdout)
