"""Where files may be saved is known while planning, by the rules that hold when they are saved."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphflow.document import from_json
from graphflow.engine import Engine
from graphflow.errors import Problem, WorkflowError
from graphflow.registry import Pack, Registry
from graphflow_nodes import NODES

REGISTRY = Registry([Pack("core", NODES)])


def found(tmp_path: Path, node_type: str, prefix: object) -> list[Problem]:
    """Plan a node that saves an empty picture or latent, and return what is wrong with its prefix."""
    node = REGISTRY.find(node_type)
    assert node is not None
    links = {"IMAGE": {"node": "image", "output": "image"}, "LATENT": {"node": "latent", "output": "out"}}
    (tmp_path / "input").mkdir(exist_ok=True)
    (tmp_path / "input" / "start.png").write_bytes(b"")
    inputs = {each.name: links[each.type_name] for each in node.inputs if each.type_name in links}
    nodes = {
        "text": {"type": "PrimitiveString", "inputs": {"value": "../evil"}},
        "image": {"type": "LoadImage", "inputs": {"image": "start.png"}},
        "latent": {"type": "EmptyLatent", "inputs": {"width": 64, "height": 64}},
        "save": {"type": node_type, "inputs": {**inputs, "filename_prefix": prefix}},
    }
    try:
        Engine(tmp_path, registry=REGISTRY, caching=False).plan(from_json({"format": "graphflow/1", "nodes": nodes}))
    except WorkflowError as error:
        return [each for each in error.problems if each.input == "filename_prefix"]
    return []


@pytest.mark.parametrize("node_type", ["SaveImage", "SaveLatent"])
@pytest.mark.parametrize("prefix", ["../evil", "/etc/passwd", "a\0b", "C:/a", "", "cats/../../evil", "%year%/../../up"])
def test_a_prefix_that_leaves_the_output_folder_is_refused_while_planning(
    tmp_path: Path, node_type: str, prefix: str
) -> None:
    problems = found(tmp_path, node_type, prefix)

    assert [(each.code, each.node) for each in problems] == [("bad-file-name", "save")]
    assert "cats/evening" in str(problems[0].hint)


@pytest.mark.parametrize("prefix", ["GraphFlow", "cats/evening", "%year%-%month%-%day%/%width%x%height%", "a" * 180])
def test_a_prefix_inside_the_output_folder_is_planned(tmp_path: Path, prefix: str) -> None:
    assert found(tmp_path, "SaveImage", prefix) == []


def test_a_prefix_is_measured_with_its_variables_filled_in(tmp_path: Path) -> None:
    assert found(tmp_path, "SaveImage", "a" * 150 + "%hour%" * 10) == []
    assert len(found(tmp_path, "SaveImage", "a" * 170 + "%hour%" * 10)) == 1


def test_a_prefix_that_comes_along_a_link_is_left_to_the_run(tmp_path: Path) -> None:
    assert found(tmp_path, "SaveImage", {"node": "text", "output": "out"}) == []


def test_a_checkpoint_that_leaves_the_output_folder_is_refused_before_training(tmp_path: Path) -> None:
    with Engine(tmp_path, caching=False) as engine, pytest.raises(WorkflowError) as caught:
        engine.plan(engine.read("train-a-model"), {"name": "../../evil"})

    assert [(each.code, each.node, each.input) for each in caught.value.problems] == [
        ("bad-file-name", "train", "filename_prefix")
    ]
