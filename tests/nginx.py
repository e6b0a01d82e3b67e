"""A real nginx in front of our processes, with the server blocks that docs/operating.md recommends."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.certificates import certificate
from tests.launcher import free_port

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "operating.md"
DEBIANS = "/usr/sbin"
APT = (["update"], ["install", "--yes", "--no-install-recommends", "nginx"])

# Around the blocks of the document: everything in a directory of the test.
AROUND = """
{user}
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {cache}
    {servers}
}}
"""
CACHE = "proxy_cache_path {folder}/cache keys_zone=pages:1m;"
# On purpose, and as wide as nginx can: whatever the answers do not forbid is kept.
CACHED = (
    "location / {\n proxy_cache pages; proxy_cache_valid any 10m; add_header X-Cache $upstream_cache_status always;"
)


def program() -> str | None:
    """Where nginx is; installed from Debian where that is possible and it is not there."""
    path = os.pathsep.join([os.environ["PATH"], DEBIANS])
    if not shutil.which("nginx", path=path) and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in APT:
            environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(["apt-get", *command], env=environment, capture_output=True)
    return shutil.which("nginx", path=path)


def documented() -> str:
    """The server blocks of the document."""
    found = re.search(r"```nginx\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert found
    return found[1]


class Nginx:
    """One that speaks https at `site` and http at `plain`; `trust` is the file that vouches for it."""

    def __init__(self, folder: Path, *, port: int = 0, plain_port: int = 0) -> None:
        self.folder, self.port, self.plain_port = folder, port or free_port(), plain_port or free_port()
        self.site, self.plain = f"https://localhost:{self.port}", f"http://localhost:{self.plain_port}"
        _, self.trust = certificate(folder)

    def config(self, upstream: int, *, cached: bool) -> str:
        """The document's, with names and ports of the test."""
        changes = {
            "listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
            "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            "/etc/ssl/proofsheet.pem": str(self.trust),
            "/etc/ssl/proofsheet.key": str(self.trust.with_name("secret.pem")),
            "127.0.0.1:8000": f"127.0.0.1:{upstream}",
            "proofsheet.example.com": "localhost",
        }
        servers = documented()
        for old, new in changes.items():
            assert old in servers, old
            servers = servers.replace(old, new)
        if cached:
            servers = servers.replace("location / {", CACHED)
        user = "user root;" if os.geteuid() == 0 else ""
        cache = CACHE.format(folder=self.folder) if cached else ""
        return AROUND.format(user=user, folder=self.folder, cache=cache, servers=servers)

    @contextmanager
    def before(self, upstream: int, *, cached: bool = False) -> Iterator[None]:
        """Run it in front of that port."""
        (self.folder / "nginx.conf").write_text(self.config(upstream, cached=cached))
        nginx = program()
        assert nginx, "There is no nginx to test with: apt-get install nginx."
        running = subprocess.Popen([nginx, "-p", self.folder, "-c", "nginx.conf"], stderr=subprocess.DEVNULL)
        try:
            yield
        finally:
            running.terminate()
            running.wait()
