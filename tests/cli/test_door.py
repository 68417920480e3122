"""The door of `portal serve`."""

import socket

from portal.cli.serve import door


def test_an_answer_in_two_parts_does_not_wait_for_the_first_to_be_confirmed():
    with door("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
