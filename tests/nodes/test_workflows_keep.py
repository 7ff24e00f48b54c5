"""What the shipped workflows promise to keep of a picture is kept, pixel for pixel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from graphflow.document import parse
from graphflow.engine import Engine
from tests.nodes.example_pictures import FOLDER

WORKFLOWS = Path(__file__).parents[2] / "workflows"
SOFT = 6
"""Pixels of the soft edge that the workflow states."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with Engine(tmp_path_factory.mktemp("home"), device="cpu", caching=False) as engine:
        yield engine


def made(engine: Engine, name: str, out: Path) -> npt.NDArray[np.int_]:
    """Run a shipped workflow as it is and return its picture."""
    results = engine.run(parse((WORKFLOWS / f"{name}.json").read_text("utf-8")), {"steps": 4}, out=out)
    return np.asarray(Image.open(results.artifacts[0].path).convert("RGB")).astype(int)


def example(name: str) -> npt.NDArray[np.int_]:
    return np.asarray(Image.open(FOLDER / name).convert("RGB")).astype(int)


def test_inpainting_keeps_what_is_outside_the_mask_and_its_soft_edge(engine: Engine, tmp_path: Path) -> None:
    before, after = example("meadow.png"), made(engine, "inpaint", tmp_path)
    rows, columns = np.nonzero(example("meadow-mask.png")[..., 0])
    painted = np.zeros(before.shape[:2], bool)
    painted[rows.min() - SOFT : rows.max() + SOFT + 1, columns.min() - SOFT : columns.max() + SOFT + 1] = True

    np.testing.assert_array_equal(after[~painted], before[~painted])
    inner = np.s_[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    assert np.abs(after[inner] - before[inner]).mean() > 20, "and inside something else was painted"


def test_outpainting_keeps_the_old_part_but_for_its_feathered_edge(engine: Engine, tmp_path: Path) -> None:
    before, after = example("meadow.png"), made(engine, "outpaint", tmp_path)

    assert after.shape == (64, 96, 3)
    np.testing.assert_array_equal(after[:, 16 + 8 : -16 - 8], before[:, 8:-8])
