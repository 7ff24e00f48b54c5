"""Where the server is, and the token that opens it."""

from __future__ import annotations

import json
import os
from ipaddress import ip_address
from pathlib import Path

from yarl import URL

from graphflow.client.errors import Unreachable
from graphflow.home import find_home

DEFAULT_URL = "http://127.0.0.1:7868"
"""Where `graphflow serve` listens when it is told nothing else."""
ADDRESS_FILE = "server.json"
TOKEN_FILE = "token"  # noqa: S105  a file's name


def server_url(url: str | None) -> URL:
    """Return the server's address: the one given, else GRAPHFLOW_URL, else that of the server of one's own home.

    Where none runs there it is the address at which `graphflow serve` listens by default.
    """
    found = URL(url or os.environ.get("GRAPHFLOW_URL") or _own_server() or DEFAULT_URL)
    if found.scheme not in ("http", "https") or not found.host:
        raise Unreachable(f"{found} is no address of a server", hint=f"write it like {DEFAULT_URL}")
    return found


def find_token(token: str | None, url: URL) -> str | None:
    """Return the token: the one given, else GRAPHFLOW_TOKEN, else that of the home when the server is on this machine."""
    if token is not None:
        return token
    if named := os.environ.get("GRAPHFLOW_TOKEN"):
        return named
    return (_read(TOKEN_FILE) or "").strip() or None if is_local(url) else None


def is_local(url: URL) -> bool:
    """Say whether an address leads to this machine, so that its token may be sent there."""
    host = url.host or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _own_server() -> str | None:
    """Return the address that a running server wrote into its home."""
    try:
        facts = json.loads(_read(ADDRESS_FILE) or "{}")
    except ValueError:
        return None
    url = facts.get("url") if isinstance(facts, dict) else None
    return url if isinstance(url, str) else None


def _read(name: str) -> str | None:
    home: Path = find_home(None, os.environ).root
    try:
        return (home / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
