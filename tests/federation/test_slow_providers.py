"""A partner's provider that is slow, silent or gone keeps nobody waiting for long."""

import asyncio
import socket
import time
from contextlib import asynccontextmanager

import pytest

from auth.federation.directory import Directory
from auth.federation.outbound import LONGEST, Outbound, Unanswered, good_address


@asynccontextmanager
async def server(answer):
    """Speaks HTTP by hand: `answer` is given the way to who asked."""
    calls = []

    async def talk(reader, writer):
        calls.append(await reader.readuntil(b"\r\n\r\n"))
        await answer(writer)
        writer.close()

    listening = await asyncio.start_server(talk, "127.0.0.1")
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        yield f"http://localhost:{port}", calls


async def silent(_):
    await asyncio.sleep(2)


async def dripping(writer):
    """A byte now and then: each read is quick, and the whole never ends."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
    for _ in range(20):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.1)


async def endless(writer):
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(LONGEST // 1024 + 100):
        writer.write(b" " * 1024)
        await asyncio.sleep(0)


async def no_http(writer):
    writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (silent, "longer than 0.5 seconds"),
        (dripping, "longer than 0.5 seconds"),
        (endless, "longer than 64 kB"),
        (no_http, "could not be reached"),
    ],
    ids=["silent", "dripping", "endless", "no HTTP"],
)
async def test_it_is_given_up(answer, says: str):
    async with server(answer) as (url, _):
        began = time.monotonic()
        with pytest.raises(Unanswered, match=says):
            await Outbound(local=True, seconds=0.5).get_json(url)
        assert time.monotonic() - began < 1.5


async def test_many_who_wait_for_a_dead_provider_are_told_at_once():
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://localhost:{door.getsockname()[1]}"  # accepts, and says nothing
        directory = Directory(Outbound(local=True, seconds=0.5))
        began = time.monotonic()
        asked = [directory.describe(url) for _ in range(50)]
        told = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(one, Unanswered) for one in told)
        assert time.monotonic() - began < 2  # one of them waited, for all


@pytest.mark.parametrize(
    ("address", "local", "good"),
    [
        ("https://id.example/tenant", False, True),
        ("https://id.example:8443/", False, True),
        ("http://id.example", False, False),
        ("http://id.example", True, False),
        ("http://localhost:3000/x", True, True),
        ("http://localhost:3000/x", False, False),
        ("http://localhost.evil.example", True, False),
        ("https://user:pw@id.example", False, False),
        ("https://id.example/#x", False, False),
        ("https://", False, False),
        ("https://id.example:port", False, False),
        ("https://[::1", False, False),
        ("file:///etc/passwd", True, False),
        ("https://íd.example", False, False),
        ("https://id.example/\r\nhost: x", False, False),
        (None, False, False),
        ("https://id.example/" + "x" * 3000, False, False),
    ],
    ids=str,
)
def test_only_https_leads_out(address, local, good):
    assert good_address(address, local=local) is good


async def test_http_is_refused_when_it_is_to_be_asked_too():
    with pytest.raises(Unanswered, match="not https"):
        await Outbound().get_json("http://localhost:1/")
