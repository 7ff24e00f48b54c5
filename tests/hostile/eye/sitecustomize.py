"""Watches a whole process, and those that it starts: each audit event that matters becomes a line of a file.

Python imports this module at its start when its folder is on PYTHONPATH; EYE names the file.
"""

from __future__ import annotations

import os
import sys
from typing import Any

_LOG = os.open(os.environ["EYE"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
_WATCHED = (
    "open",
    "os.rename",
    "os.link",
    "os.symlink",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "os.chmod",
    "os.truncate",
    "pickle.find_class",
    "marshal.load",
    "socket.connect",
    "socket.bind",
    "socket.getaddrinfo",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "import",
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in _WATCHED:
        return
    if event == "open":
        path, _, flags = arguments
        if isinstance(path, int):
            return
        kind = "write" if isinstance(flags, int) and flags & _WRITING else "read"
        text = f"{kind} {os.fsdecode(path)}"
    elif event == "import":
        if not arguments[1]:
            return
        text = f"import {arguments[0]} {arguments[1]}"
    else:
        text = f"{event} {' '.join(map(str, arguments))}"
    line = text.replace("\n", " ")[:1000]
    os.write(_LOG, f"{line}\n".encode("utf-8", "replace"))


sys.addaudithook(_note)
