"""The client is light: a program that only talks to a server loads neither torch nor the server."""

from __future__ import annotations

import subprocess
import sys

import graphflow.client

PROGRAM = """
import sys
import graphflow.client
print(*sorted({name.split(".")[0] for name in sys.modules} | {".".join(name.split(".")[:2]) for name in sys.modules}))
"""


def test_importing_the_client_imports_neither_torch_nor_a_pack_nor_the_server() -> None:
    loaded = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stdout.split()

    assert "graphflow.client" in loaded
    heavy = {"torch", "PIL", "numpy", "diffusers", "graphflow_nodes", "graphflow_tiny", "graphflow.server"}
    assert heavy & set(loaded) == set()


def test_the_public_names_are_these() -> None:
    assert sorted(graphflow.client.__all__) == sorted(set(graphflow.client.__all__))
    assert all(hasattr(graphflow.client, name) for name in graphflow.client.__all__)
