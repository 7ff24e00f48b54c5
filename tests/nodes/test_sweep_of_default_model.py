"""A sweep over the default model: what is shared is computed once, and docs/sweeps.md shows a graph that holds."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from graphflow.engine import Engine
from graphflow.events import Event, NodeStarted

ROOT = Path(__file__).parents[2]


def test_prompts_are_encoded_once_and_the_sheet_shows_every_picture(tmp_path: Path) -> None:
    started: Counter[str] = Counter()

    def emit(number: int, event: Event) -> None:
        if isinstance(event, NodeStarted):
            started[event.type] += 1

    with Engine(tmp_path, device="cpu", caching=False) as engine:
        axes: dict[str, Any] = {"cfg": [1.0, 5.0], "seed": [1, 2]}
        sweep = engine.sweep(ROOT / "workflows" / "txt2img.json", axes, inputs={"steps": 2}, emit=emit)
        alone = engine.run(ROOT / "workflows" / "txt2img.json", {"steps": 2, "cfg": 5.0, "seed": 2})

    assert started == {
        "LoadCheckpoint": 1,
        "CLIPEncode": 2,
        "EmptyLatent": 1,
        "KSampler": 4,
        "VAEDecode": 4,
        "Grid": 1,
        "SaveImage": 4 + 1,
    }
    pictures = [np.asarray(Image.open(run.files[0].path)) for run in sweep]
    np.testing.assert_array_equal(pictures[3], np.asarray(Image.open(alone.artifacts[0].path)))
    sheet = np.asarray(Image.open(sweep.sheets[0].path))
    large = [each.repeat(3, axis=0).repeat(3, axis=1) for each in pictures]
    right, bottom = sheet.shape[1] - 7, sheet.shape[0] - 7
    np.testing.assert_array_equal(sheet[bottom - 192 : bottom, right - 192 : right], large[3])
    np.testing.assert_array_equal(sheet[bottom - 391 : bottom - 199, right - 391 : right - 199], large[0])


def test_the_graph_that_the_page_shows_runs(tmp_path: Path) -> None:
    (text,) = re.findall(r"^```json\n(.*?)^```$", (ROOT / "docs" / "sweeps.md").read_text(), re.MULTILINE | re.DOTALL)

    with Engine(tmp_path, device="cpu", caching=False) as engine:
        results = engine.run(text.encode(), {"sampler.steps": 2})

    with Image.open(results.artifacts[0].path) as sheet:
        assert sheet.width == 4 * 192 + 5 * 7
