"""Lists as nodes: what reads one runs once per value, so a graph sweeps by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from graphflow.api import NodeError
from graphflow.engine import Engine
from graphflow.events import Event, NodeStarted
from graphflow_nodes.lists import float_list, float_range, int_list, int_range, list_pairs, string_list


def test_a_list_gives_its_values_and_a_label_for_each() -> None:
    assert int_list((3, 1)) == ([3, 1], ["3", "1"])
    assert float_list((0.5, 2.0)) == ([0.5, 2.0], ["0.5", "2"])
    assert string_list(("a", "b" * 50)) == (["a", "b" * 50], ["a", "b" * 39 + "…"])


def test_a_range_holds_both_of_its_ends() -> None:
    assert int_range(1, 4).values == [1, 2, 3, 4]
    assert int_range(9, 1, step=-4).values == [9, 5, 1]
    assert int_range(2**64 - 2, 2**64 - 1).values == [2**64 - 2, 2**64 - 1]
    assert float_range(0, 1, count=11).values == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
    assert float_range(3, 9, count=1).values == [3]


@pytest.mark.parametrize(("start", "stop", "step"), [(1, 4, 0), (1, 4, -1), (0, 10_000_000, 1)])
def test_a_range_without_an_end_is_refused(start: int, stop: int, step: int) -> None:
    with pytest.raises(NodeError):
        int_range(start, stop, step=step)


def test_pairs_go_through_the_columns_first() -> None:
    assert list_pairs([1, 2, 3], ["a", "b"]) == ([1, 2, 3, 1, 2, 3], ["a", "a", "a", "b", "b", "b"])


def link(node: str, output: str = "out") -> dict[str, str]:
    return {"node": node, "output": output}


def test_a_graph_sweeps_its_own_seeds_and_cfgs_onto_a_sheet(tmp_path: Path) -> None:
    sampled = {
        "model": link("checkpoint", "model"),
        "seed": link("pairs", "columns"),
        "cfg": link("pairs", "rows"),
        "steps": 2,
        "positive": link("text"),
        "negative": link("text"),
        "latent_image": link("latent"),
    }
    labels = {"columns": link("seeds", "labels"), "rows": link("cfgs", "labels")}
    nodes: dict[str, tuple[str, dict[str, Any]]] = {
        "checkpoint": ("LoadCheckpoint", {"ckpt_name": "graphflow-tiny"}),
        "text": ("CLIPEncode", {"clip": link("checkpoint", "clip"), "text": "a tree"}),
        "latent": ("EmptyLatent", {"width": 64, "height": 64}),
        "seeds": ("IntRange", {"start": 1, "stop": 3}),
        "cfgs": ("FloatList", {"values": [1.0, 4.0]}),
        "pairs": ("ListPairs", {"columns": [link("seeds", "values")], "rows": [link("cfgs", "values")]}),
        "sampler": ("KSampler", sampled),
        "decode": ("VAEDecode", {"samples": link("sampler"), "vae": link("checkpoint", "vae")}),
        "grid": ("Grid", {"images": [link("decode")], **labels}),
        "save": ("SaveImage", {"images": link("grid")}),
    }
    written = {name: {"type": kind, "inputs": inputs} for name, (kind, inputs) in nodes.items()}
    heard: list[Event] = []

    with Engine(tmp_path, device="cpu", caching=False) as engine:
        outputs = {"pictures": link("decode"), "sheet": link("grid")}
        results = engine.run({"format": "graphflow/1", "nodes": written, "outputs": outputs}, emit=heard.append)

    assert [each.node for each in heard if isinstance(each, NodeStarted)].count("text") == 1
    pictures = results["pictures"]
    assert len(pictures) == 6
    with Pillow.open(results.artifacts[0].path) as picture:
        sheet = np.asarray(picture)
    shown = (pictures[4].tensor[0].clamp(0, 1) * 255).to(torch.uint8).repeat_interleave(3, 0).repeat_interleave(3, 1)
    assert holds(sheet, shown.numpy(), column=1, row=1)
    assert not holds(sheet, shown.numpy(), column=0, row=0)


def holds(sheet: Any, part: Any, *, column: int, row: int) -> bool:
    """Say whether a picture stands on the sheet where the second column and row do, counted from the lower right."""
    height, width = part.shape[:2]
    right, bottom = sheet.shape[1] - 7 - (2 - column) * (width + 7), sheet.shape[0] - 7 - (1 - row) * (height + 7)
    return bool(np.array_equal(sheet[bottom - height : bottom, right - width : right], part))
