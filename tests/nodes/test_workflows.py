"""The shipped workflows: well written, described, shown in the gallery, and sound on the default model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from docs import gallery
from graphflow.document import Workflow, dump, parse
from graphflow.engine import Engine
from graphflow.errors import WorkflowError
from tests.nodes.example_pictures import FOLDER, example_pictures

WORKFLOWS = {path.stem: path for path in sorted((Path(__file__).parents[2] / "workflows").glob("*.json"))}
QUICK = {"steps": 2, "training_steps": 2, "count": 4}
"""What makes a run short, where the workflow has such an input."""

each = pytest.mark.parametrize("name", WORKFLOWS)
everyday = pytest.mark.parametrize("name", ["txt2img", "img2img", "inpaint", "lms-51-steps"])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with Engine(tmp_path_factory.mktemp("home"), device="cpu", caching=False) as engine:
        yield engine


def load(name: str) -> Workflow:
    return parse(WORKFLOWS[name].read_text("utf-8"))


def test_every_workflow_is_in_the_gallery_once() -> None:
    assert sorted(gallery.shipped()) == sorted(WORKFLOWS)


def test_the_gallery_says_what_the_workflows_say() -> None:
    assert gallery.PAGE.read_text("utf-8") == gallery.page()


@each
def test_a_workflow_has_its_picture_in_the_gallery(name: str) -> None:
    picture = Image.open(gallery.PICTURES / f"{name}.png")

    assert min(picture.size) >= 128
    assert np.asarray(picture.convert("L")).std() > 5


@each
def test_a_template_has_a_small_picture_for_its_card(name: str) -> None:
    file = gallery.CARDS / f"{name}.png"

    with Image.open(file) as picture:
        assert picture.size == gallery.CARD
    assert file.stat().st_size <= gallery.CARD_BYTES


@each
def test_a_workflow_is_written_the_one_way(name: str) -> None:
    assert dump(load(name)) == WORKFLOWS[name].read_text("utf-8")


@each
def test_a_workflow_says_what_it_does_in_one_line(name: str) -> None:
    workflow = load(name)

    assert workflow.name
    assert workflow.description
    assert "\n" not in workflow.description
    assert len(workflow.description) <= 120


@each
def test_a_workflow_has_named_inputs_and_outputs_and_a_place_for_every_node(name: str) -> None:
    workflow = load(name)

    assert workflow.inputs
    assert workflow.outputs
    assert set(workflow.view) == set(workflow.nodes)


@everyday
def test_an_everyday_workflow_takes_what_one_sets_every_day(name: str) -> None:
    assert set(load(name).inputs) >= {"prompt", "negative", "seed", "steps", "cfg", "checkpoint"}


@each
def test_a_workflow_states_every_value_of_its_nodes(name: str, engine: Engine) -> None:
    for node in load(name).nodes.values():
        kind = engine.registry.find(node.type)
        assert kind is not None
        wanted = {entry.name for entry in kind.inputs if entry.required or (entry.is_widget and entry.arity == "one")}
        assert set(node.inputs) >= wanted, node.type


def test_the_lms_workflow_takes_51_steps_of_lms() -> None:
    inputs = load("lms-51-steps").nodes["sampler"].inputs

    assert (inputs["sampler_name"], inputs["steps"]) == ("lms", 51)


@each
def test_a_workflow_runs_on_the_default_model(name: str, engine: Engine, tmp_path: Path) -> None:
    workflow = load(name)

    results = engine.run(workflow, {key: value for key, value in QUICK.items() if key in workflow.inputs}, out=tmp_path)

    pictures = [artifact for artifact in results.artifacts if artifact.media_type == "image/png"]
    assert pictures
    assert Path(pictures[0].path).name == f"{name}_00001_.png"
    assert all(np.asarray(Image.open(picture.path)).std() > 5 for picture in pictures)  # neither grey nor black


@everyday
def test_the_same_run_twice_gives_the_same_file(name: str, engine: Engine, tmp_path: Path) -> None:
    files = [engine.run(load(name), {"steps": 2}, out=tmp_path / place).artifacts[0].path for place in ("one", "two")]

    assert Path(files[0]).read_bytes() == Path(files[1]).read_bytes()


def test_a_workflow_refuses_a_checkpoint_that_is_not_there(engine: Engine) -> None:
    with pytest.raises(WorkflowError, match="graphflow-tiny"):
        engine.plan(load("txt2img"), {"checkpoint": "graphflow-tyni"})


def test_the_example_pictures_are_what_the_worlds_renderer_draws() -> None:
    for name, pixels in example_pictures().items():
        np.testing.assert_array_equal(np.asarray(Image.open(FOLDER / name)), pixels)
