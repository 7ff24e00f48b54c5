"""The shipped workflows: well written, described, and sound on the default model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from graphflow.document import Workflow, dump, parse
from graphflow.engine import Engine
from graphflow.errors import WorkflowError
from tests.nodes.example_pictures import FOLDER, example_pictures

WORKFLOWS = sorted((Path(__file__).parents[2] / "workflows").glob("*.json"))
COMMON = {"prompt", "negative", "seed", "steps", "cfg", "checkpoint"}

each = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with Engine(tmp_path_factory.mktemp("home"), device="cpu", caching=False) as engine:
        yield engine


def load(path: Path) -> Workflow:
    return parse(path.read_text("utf-8"))


def test_the_four_workflows_ship() -> None:
    assert [path.stem for path in WORKFLOWS] == ["img2img", "inpaint", "lms-51-steps", "txt2img"]


@each
def test_a_workflow_is_written_the_one_way(path: Path) -> None:
    assert dump(load(path)) == path.read_text("utf-8")


@each
def test_a_workflow_says_what_it_does_in_one_line(path: Path) -> None:
    workflow = load(path)

    assert workflow.name
    assert workflow.description
    assert "\n" not in workflow.description
    assert len(workflow.description) <= 120


@each
def test_a_workflow_has_named_inputs_and_outputs(path: Path) -> None:
    workflow = load(path)

    assert set(workflow.inputs) >= COMMON
    assert set(workflow.outputs) == {"images"}
    assert set(workflow.view) == set(workflow.nodes)


@each
def test_a_workflow_states_every_input_of_its_sampler(path: Path, engine: Engine) -> None:
    sampler = load(path).nodes["sampler"]
    kind = engine.registry.find("KSampler")

    assert kind is not None
    assert [*sampler.inputs] == [entry.name for entry in kind.inputs]


def test_the_lms_workflow_takes_51_steps_of_lms() -> None:
    inputs = load(WORKFLOWS[2]).nodes["sampler"].inputs

    assert (inputs["sampler_name"], inputs["steps"]) == ("lms", 51)


@each
def test_a_workflow_runs_on_the_default_model(path: Path, engine: Engine, tmp_path: Path) -> None:
    results = engine.run(load(path), {"steps": 4}, out=tmp_path)

    (artifact,) = results["images"]
    picture = np.asarray(Image.open(artifact.path))
    assert artifact.path.name == f"{path.stem}_00001_.png"
    assert picture.shape == (64, 64, 3)
    assert picture.std() > 5  # neither grey nor black


@each
def test_the_same_run_twice_gives_the_same_file(path: Path, engine: Engine, tmp_path: Path) -> None:
    files = [engine.run(load(path), {"steps": 2}, out=tmp_path / name).artifacts[0].path for name in ("one", "two")]

    assert Path(files[0]).read_bytes() == Path(files[1]).read_bytes()


def test_a_workflow_refuses_a_checkpoint_that_is_not_there(engine: Engine) -> None:
    with pytest.raises(WorkflowError, match="graphflow-tiny"):
        engine.plan(load(WORKFLOWS[3]), {"checkpoint": "graphflow-tyni"})


def test_the_example_pictures_are_what_the_worlds_renderer_draws() -> None:
    for name, pixels in example_pictures().items():
        np.testing.assert_array_equal(np.asarray(Image.open(FOLDER / name)), pixels)
