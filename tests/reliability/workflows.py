"""Workflows of the toy nodes, and what comes out of them."""

from __future__ import annotations

from typing import Any

from tests.reliability.pack import chain


def link(node: str, output: str = "out") -> dict[str, str]:
    return {"node": node, "output": output}


def workflow(nodes: dict[str, tuple[str, dict[str, Any]]], **outputs: tuple[str, str]) -> dict[str, Any]:
    """Write a workflow of nodes by name, with named outputs."""
    return {
        "format": "graphflow/1",
        "nodes": {name: {"type": kind, "inputs": values} for name, (kind, values) in nodes.items()},
        "outputs": {name: link(*source) for name, source in outputs.items()},
    }


TRIVIAL = workflow({"a": ("Number", {"value": 7})}, value=("a", "out"))


def picture(tag: str, steps: int = 6, seconds: float = 0.02) -> dict[str, Any]:
    """Write a job that loads, takes steps, decodes and saves, as those that make pictures."""
    return workflow(
        {
            "load": ("Load", {"name": tag}),
            "steps": ("Steps", {"model": link("load"), "tag": tag, "steps": steps, "seconds": seconds}),
            "decode": ("Decode", {"state": link("steps")}),
            "save": ("Keep", {"text": link("decode"), "prefix": tag}),
        },
        files=("save", "files"),
    )


def bytes_of(tag: str, steps: int = 6) -> bytes:
    """Return what that job saves, computed in this process."""
    return f"decoded {chain(tag, steps)}".encode()


def single(kind: str, **values: Any) -> dict[str, Any]:
    """Write a workflow of one node."""
    return workflow({"a": (kind, values)}, value=("a", "out"))
