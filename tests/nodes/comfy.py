"""The facts of ComfyUI's nodes that ours are held to, read from `comfy_facts/`: one file per package of nodes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

LINE = re.compile(r"`(?P<name>\w+)` (?P<output>\(output\) )?\((?P<inputs>.*)\) -> (?P<outputs>.*)")
INPUT = re.compile(
    r"(?P<name>\w+):(?P<type>[A-Z_]+)(\{(?P<options>.*?)\})?(=(?P<default>[^\[?]+))?(\[(?P<low>.+)\.\.(?P<high>.+)\])?"
    r"(?P<optional>\?)?"
)


@dataclass(frozen=True)
class ComfyInput:
    name: str
    type: str
    options: tuple[str, ...]
    default: str | None
    limits: tuple[float, float] | None
    optional: bool


@dataclass(frozen=True)
class ComfyNode:
    name: str
    saves: bool
    inputs: tuple[ComfyInput, ...]
    outputs: tuple[str, ...]


def comfy_nodes() -> list[ComfyNode]:
    files = sorted(Path(__file__).with_name("comfy_facts").glob("*.txt"))
    return [_node(line) for file in files for line in file.read_text("utf-8").splitlines()]


def _node(line: str) -> ComfyNode:
    match = LINE.fullmatch(line)
    assert match, line
    inputs = tuple(_input(each) for each in match["inputs"].split("; ") if each)
    outputs = () if match["outputs"] == "—" else tuple(each.split(":")[-1] for each in match["outputs"].split(", "))
    return ComfyNode(match["name"], match["output"] is not None, inputs, outputs)


def _input(text: str) -> ComfyInput:
    match = INPUT.fullmatch(text)
    assert match, text
    limits = (_number(match["low"]), _number(match["high"])) if match["low"] else None
    options = tuple(match["options"].split("/")) if match["options"] else ()
    return ComfyInput(match["name"], match["type"], options, match["default"], limits, match["optional"] is not None)


def _number(text: str) -> float:
    return 2**64 - 1 if text == "2^64-1" else float(text)
