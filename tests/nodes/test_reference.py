"""Names, order, defaults, limits and options of our nodes are ComfyUI's, so files load and habits carry over."""

from __future__ import annotations

import pytest

from graphflow.api import Input, NodeType
from graphflow.registry import Pack, Registry
from graphflow_nodes import NODES, evaluation, lists, logic, look, training, wildcards
from tests.nodes.comfy import ComfyInput, ComfyNode, comfy_nodes

REGISTRY = Registry([Pack("core", NODES)])
RENAMED = {
    "CheckpointLoaderSimple": "LoadCheckpoint",
    "CLIPTextEncode": "CLIPEncode",
    "ControlNetLoader": "LoadControlNet",
    "EmptyLatentImage": "EmptyLatent",
    "LoadImageMask": "Mask",
    "VAELoader": "LoadVAE",
    "LoraLoader": "LoadLora",
    "LoraLoaderModelOnly": "LoadLoraModelOnly",
    "UpscaleModelLoader": "LoadUpscaleModel",
}
OURS_ALONE = {
    node.id for package in (evaluation, lists, logic, look, training, wildcards) for node in package.NODES
} | {"SetLatentSeeds"}
"""Nodes that ComfyUI does not have."""

by_name = pytest.mark.parametrize("comfy", comfy_nodes(), ids=lambda each: each.name)


def ours(comfy: ComfyNode) -> NodeType[..., object]:
    found = REGISTRY.find(comfy.name)
    assert found is not None
    return found


def pairs(comfy: ComfyNode) -> list[tuple[Input, ComfyInput]]:
    return list(zip(ours(comfy).inputs, comfy.inputs, strict=True))


def test_the_facts_cover_every_node_that_comfyui_has_too() -> None:
    assert {node.id for node in NODES} - OURS_ALONE == {ours(comfy).id for comfy in comfy_nodes()}


def test_no_two_nodes_claim_one_name() -> None:
    assert REGISTRY.problems == ()


@by_name
def test_the_class_is_found_by_its_comfyui_name(comfy: ComfyNode) -> None:
    assert ours(comfy).id == RENAMED.get(comfy.name, comfy.name)


@by_name
def test_inputs_have_the_same_names_in_the_same_order(comfy: ComfyNode) -> None:
    assert [each.name for each in ours(comfy).inputs] == [each.name for each in comfy.inputs]


@by_name
def test_the_same_inputs_may_be_left_out(comfy: ComfyNode) -> None:
    for mine, theirs in pairs(comfy):
        assert not theirs.optional or not mine.required, mine.name


@by_name
def test_inputs_have_the_same_types(comfy: ComfyNode) -> None:
    for mine, theirs in pairs(comfy):
        is_file = mine.folder is not None
        assert mine.type_name == ("FILE" if is_file else theirs.type), mine.name
        assert not is_file or theirs.type == "COMBO"


@by_name
def test_inputs_have_the_same_defaults_and_limits(comfy: ComfyNode) -> None:
    for mine, theirs in pairs(comfy):
        if theirs.default is not None:
            stated = theirs.default == "True" if theirs.type == "BOOLEAN" else float(theirs.default)
            assert mine.default == stated, mine.name
        assert (mine.range and (mine.range.low, mine.range.high)) == theirs.limits, mine.name


@by_name
def test_choices_have_the_same_options_and_begin_with_the_same(comfy: ComfyNode) -> None:
    for mine, theirs in pairs(comfy):
        if mine.choice is None:
            continue
        options = mine.choice.options
        if mine.name == "sampler_name":
            assert options[0] == "euler"  # of the samplers the facts only say that there are 42
        else:
            assert options == theirs.options, mine.name
        assert mine.default == options[0], mine.name


@by_name
def test_outputs_have_the_same_types_and_saving_nodes_save(comfy: ComfyNode) -> None:
    mine = ours(comfy)

    assert mine.output == comfy.saves
    if not comfy.saves:
        assert tuple(port.type_name for port in mine.outputs) == comfy.outputs
