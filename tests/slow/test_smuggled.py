"""Requests whose end can be read in two ways, and headers that look like a proxy's, past nginx and through it (T74)."""

from __future__ import annotations

import socket
import ssl
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from tests.nginx import Nginx
from tests.slow.test_behind_nginx import Browse, browse, nginx, web  # noqa: F401

# A second request, within the first: nobody may get an answer to it.
HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n"
CASES = {
    "both lengths": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n",
    "a length that is none": b"Content-Length: +4\r\n\r\nabcd",
    "a hidden encoding": b"Content-Length: 4\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a blank before the colon": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "an encoding twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
}


def answers(sent: bytes, port: int, trust: str = "") -> list[bytes]:
    """The status lines of all that comes back."""
    with ExitStack() as stack:
        connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
        if trust:
            context = ssl.create_default_context(cafile=trust)
            connection = stack.enter_context(context.wrap_socket(connection, server_hostname="localhost"))
        connection.sendall(sent)
        got = b""
        while piece := connection.recv(65536):
            got += piece
    return [line for line in got.split(b"\r\n") if line.startswith(b"HTTP/1.")]


def attack(body: bytes, host: str) -> bytes:
    hidden = HIDDEN.replace(b"{host}", host.encode())
    return f"POST /accounts/login/ HTTP/1.1\r\nHost: {host}\r\n".encode() + body + hidden


@pytest.mark.parametrize("case", CASES)
def test_t74_the_web_server_takes_no_request_of_two_ends(web: int, case: str) -> None:  # noqa: F811
    told = answers(attack(CASES[case], "localhost"), web)
    assert [line.split()[1] for line in told] in ([b"400"], [b"501"], [])


@pytest.mark.parametrize("case", CASES)
def test_t74_nor_does_anything_get_through_nginx(browse: Browse, nginx: Nginx, case: str) -> None:  # noqa: F811
    site = urlsplit(nginx.site)
    told = answers(attack(CASES[case], site.netloc), site.port or 443, str(nginx.trust))
    assert [line.split()[1] for line in told] in ([b"400"], [b"501"], [])


def test_t74_a_header_with_an_underscore_is_nobodys(web: int) -> None:  # noqa: F811
    """A gateway would read X_Forwarded_Proto as the header that nginx writes."""
    ask = b"GET /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    assert b" 200 " in answers(ask + b"X-Forwarded-Proto: https\r\n\r\n", web)[0]
    assert b" 301 " in answers(ask + b"X_Forwarded_Proto: https\r\n\r\n", web)[0]
    assert b" 301 " in answers(ask + b"X_FORWARDED_PROTO: https\r\nX-Forwarded-Proto: http\r\n\r\n", web)[0]
