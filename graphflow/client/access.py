"""Where the server is, and the token that opens it."""

from __future__ import annotations

import os
from ipaddress import ip_address

from yarl import URL

from graphflow.client.errors import Unreachable
from graphflow.home import find_home

DEFAULT_URL = "http://127.0.0.1:8190"


def server_url(url: str | None) -> URL:
    """Return the server's address: the one given, else GRAPHFLOW_URL, else the default of `graphflow serve`."""
    found = URL(url or os.environ.get("GRAPHFLOW_URL") or DEFAULT_URL)
    if found.scheme not in ("http", "https") or not found.host:
        raise Unreachable(f"{found} is no address of a server", hint=f"write it like {DEFAULT_URL}")
    return found


def find_token(token: str | None, url: URL) -> str | None:
    """Return the token: the one given, else GRAPHFLOW_TOKEN, else that of the home when the server is on this machine."""
    if token is not None:
        return token
    if named := os.environ.get("GRAPHFLOW_TOKEN"):
        return named
    file = find_home(None, os.environ).root / "token"
    try:
        return file.read_text(encoding="utf-8").strip() or None if is_local(url) else None
    except OSError:
        return None


def is_local(url: URL) -> bool:
    """Say whether an address leads to this machine, so that its token may be sent there."""
    host = url.host or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
