"""Scores as nodes: on a small random CLIP, and on the pair that ships."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize
from torch.testing import assert_close

from graphflow.api import Context, File, NodeError
from graphflow.files import Files
from graphflow_nodes.evaluation.encoders import PAIRS, clip_similarity, load_contrastive
from graphflow_nodes.evaluation.features import classify_pictures, contrastive_features, pixel_features
from graphflow_nodes.evaluation.scores import frechet_distance, inception_score
from graphflow_nodes.evaluation.sockets import Encoders, Features
from graphflow_nodes.loaders import load_checkpoint
from graphflow_nodes.models.pool import ModelPool
from graphflow_nodes.values import Image
from graphflow_tiny import MODEL_ROOTS
from graphflow_tiny.training.data import held_out_examples
from graphflow_tiny.world import render
from tests.models.checkpoints import TEXT, write_json, write_tokenizer
from tests.nodes.recording import Recorder

VISION = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": 16,
    "patch_size": 8,
}


@pytest.fixture(scope="module")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers.models.clip.configuration_clip import CLIPConfig
    from transformers.models.clip.modeling_clip import CLIPModel

    folder = tmp_path_factory.mktemp("clip_vision") / "small"
    torch.manual_seed(0)
    CLIPModel(CLIPConfig(text_config=TEXT, vision_config=VISION, projection_dim=12)).save_pretrained(folder)
    write_json(folder / "preprocessor_config.json", {"image_mean": [0.1, 0.2, 0.3], "image_std": [0.5, 0.6, 0.7]})
    write_tokenizer(folder)
    return folder


@pytest.fixture
def small(clip_folder: Path) -> Encoders:
    return load_contrastive(File("small", clip_folder, "c1" * 32))


@pytest.fixture(scope="module")
def shipped() -> Encoders:
    clip = load_checkpoint(File("graphflow-tiny", MODEL_ROOTS["checkpoints"] / "graphflow-tiny", "d0" * 32)).clip
    return load_contrastive(File("tiny", MODEL_ROOTS["clip_vision"] / "graphflow-tiny-clip", "e1" * 32), clip=clip)


def noise(count: int, side: int = 16, seed: int = 0) -> Image:
    return Image(torch.rand(count, side, side, 3, generator=torch.Generator().manual_seed(seed)))


def test_a_clip_folder_sees_and_says_what_transformers_sees_and_says(
    clip_folder: Path, small: Encoders, cpu: Context
) -> None:
    from transformers.models.clip.modeling_clip import CLIPModel

    theirs: Any = CLIPModel.from_pretrained(clip_folder).eval()
    pictures = noise(3)
    pixels = (pictures.tensor.movedim(-1, 1) - torch.tensor([0.1, 0.2, 0.3])[:, None, None]) / torch.tensor(
        [0.5, 0.6, 0.7]
    )[:, None, None]
    pair = cpu.use(ModelPool).encoders(small.recipe)
    tokens = torch.tensor([[512, 65 + 256, *[513] * 75]])
    with torch.no_grad():
        out = theirs(input_ids=tokens, pixel_values=pixels)

    letter = next(chr(code) for code in range(33, 127) if pair.text.tokenizer.words(chr(code)) == [[65 + 256]])
    assert_close(pair.pictures(pictures.tensor), out.image_embeds, rtol=1e-4, atol=1e-5)
    assert_close(pair.captions([letter]), out.text_embeds, rtol=1e-4, atol=1e-5)
    found = clip_similarity(pictures, small, captions=letter, ctx=cpu)
    want = normalize(out.image_embeds, dim=1) @ normalize(out.text_embeds, dim=1).T
    assert found.values == pytest.approx(want.flatten().tolist(), abs=1e-5)


def test_pictures_of_any_size_are_seen_by_their_middle(small: Encoders, cpu: Context) -> None:
    pair = cpu.use(ModelPool).encoders(small.recipe)
    square = torch.zeros(1, 32, 32, 3)
    square[:, 8:24] = 1
    wide = torch.nn.functional.pad(square, (0, 0, 32, 32), value=0.5)

    assert_close(pair.pictures(wide), pair.pictures(square), rtol=0, atol=0.05)
    assert pair.pictures(torch.rand(2, 20, 33, 4)).norm(dim=1).tolist() == pytest.approx([1, 1])


def test_a_caption_of_any_length_is_read(small: Encoders, cpu: Context) -> None:
    said = cpu.use(ModelPool).encoders(small.recipe).captions(["(a:1.2) {b|c}", "long " * 100])

    assert said.shape == (2, 12)


def test_the_shipped_pair_knows_which_caption_belongs_to_which_picture(shipped: Encoders, cpu: Context) -> None:
    examples = held_out_examples(64)
    pictures = Image(torch.from_numpy(np.stack([render(spec, 64) for spec, _ in examples]) / np.float32(255)))

    found = clip_similarity(pictures, shipped, captions="\n".join(caption.text for _, caption in examples), ctx=cpu)

    alike = torch.tensor(found.values).reshape(64, 64)
    right = (alike.argmax(dim=1) == torch.arange(64)).float().mean().item()
    print(f"right among 64: {right:.0%}")
    assert right > 0.8  # chance: 2 %
    rows = list(csv.reader(found.table.splitlines()))
    assert found.image.tensor.shape == (1, 900, 900, 3)
    assert rows[0][1] == examples[0][1].text
    assert float(rows[3][5]) == pytest.approx(alike[2, 4].item(), abs=1e-6)


def test_the_heat_map_shows_the_pictures_and_frames_the_best(shipped: Encoders, cpu: Context) -> None:
    red = torch.zeros(2, 64, 64, 3)
    red[:, :, :, 0] = 1

    drawn = clip_similarity(
        Image(red), shipped, captions="a red circle on a blue background\na landscape", ctx=cpu
    ).image

    assert drawn.tensor.shape == (1, 370, 380, 3)
    assert (drawn.tensor == torch.tensor([1.0, 0, 0])).all(-1).float().mean() > 0.02  # the thumbnails


def test_the_title_over_a_single_caption_is_not_cut_off(shipped: Encoders, cpu: Context) -> None:
    drawn = clip_similarity(noise(1), shipped, captions="a house", ctx=cpu).image

    title = drawn.tensor[0, :40]
    assert (title.mean(-1) < 0.5).any()
    assert (title[:, -5:] == title[0, 0]).all()


def test_a_pair_without_a_text_tower_says_what_it_needs() -> None:
    with pytest.raises(NodeError, match="no text tower") as caught:
        load_contrastive(File("tiny", MODEL_ROOTS["clip_vision"] / "graphflow-tiny-clip", "ef" * 32))

    assert (caught.value.input, caught.value.hint) == ("clip", "link the clip of the checkpoint that it belongs to")


def test_a_folder_of_another_kind_is_refused(tmp_path: Path, cpu: Context) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))

    with pytest.raises(NodeError, match="bert"):
        contrastive_features(noise(1), load_contrastive(File("other", tmp_path, "ab" * 32)), ctx=cpu)


def test_the_shipped_pair_is_a_choice_and_the_encoders_survive_being_stored(shipped: Encoders) -> None:
    assert Files({"clip_vision": (MODEL_ROOTS["clip_vision"],)}, None).choices(PAIRS) == ("graphflow-tiny-clip",)
    assert Encoders.restore(shipped.store()) == shipped
    assert sum(file.stat().st_size for file in MODEL_ROOTS["clip_vision"].rglob("*") if file.is_file()) < 1_000_000


def test_features_survive_being_stored() -> None:
    features = pixel_features(noise(2), side=2)

    again = Features.restore(features.store())

    assert (again.extractor, again.rows.shape) == ("pixels 2 x 2", (2, 12))
    assert_close(again.rows, features.rows)
    assert_close(features.rows[0, 0], noise(2).tensor[0, :8, :8, 0].mean())


def test_the_same_pictures_are_nowhere_apart_and_others_are(cpu: Context) -> None:
    one, same, darker = (pixel_features(each, side=1) for each in (noise(50), noise(50), Image(noise(50).tensor * 0.5)))

    means = one.rows.double().mean(dim=0)
    assert frechet_distance(one, same, ctx=cpu).distance == pytest.approx(0, abs=1e-7)
    apart = frechet_distance(one, darker, ctx=cpu).distance
    deviation = torch.cov(one.rows.double().T)
    assert apart == pytest.approx(float((means / 2).square().sum() + torch.trace(deviation) / 4), rel=1e-4)


def test_too_few_pictures_are_said_and_one_is_refused() -> None:
    class Listening(Recorder):
        heard = ""

        def log(self, message: str) -> None:
            self.heard += message

    ctx = Listening()
    few, enough = pixel_features(noise(5), side=2), pixel_features(noise(20), side=2)

    assert "too few pictures: 5 for 12 dimensions" in frechet_distance(few, enough, ctx=ctx).report
    assert "too few" in ctx.heard
    assert "too few" not in frechet_distance(enough, enough).report
    with pytest.raises(NodeError) as caught:
        frechet_distance(enough, pixel_features(noise(1), side=2))
    assert caught.value.input == "reference"


def test_features_of_two_extractors_are_not_compared(small: Encoders, cpu: Context) -> None:
    with pytest.raises(NodeError, match="cannot be compared"):
        frechet_distance(pixel_features(noise(3)), contrastive_features(noise(3), small, ctx=cpu))


def test_pictures_of_many_kinds_score_higher_than_those_of_one(shipped: Encoders, cpu: Context) -> None:
    colours = ["red", "blue", "green", "yellow"]
    pictures = torch.zeros(4, 64, 64, 3) + 0.9
    for place, colour in enumerate([(1.0, 0, 0), (0, 0, 1.0), (0, 0.6, 0), (1.0, 1.0, 0)]):
        pictures[place, 16:48, 16:48] = torch.tensor(colour)
    classes = "\n".join(f"a {colour} square on a white background" for colour in colours)

    def score(images: torch.Tensor) -> float:
        found = classify_pictures(Image(images), shipped, classes=classes, ctx=cpu)
        return inception_score(found.probabilities).score

    assert classify_pictures(Image(pictures), shipped, classes=classes, ctx=cpu).classes == classes
    assert score(pictures) > 2.5
    assert score(pictures[:1].repeat(4, 1, 1, 1)) == pytest.approx(1, abs=1e-6)


def test_what_are_no_probabilities_is_refused_and_few_pictures_are_said() -> None:
    with pytest.raises(NodeError, match="no probabilities"):
        inception_score(pixel_features(noise(3)))
    two = Features(torch.eye(4)[:2], "by hand")
    assert "cannot rise above 2" in inception_score(two).report
    with pytest.raises(NodeError, match="split"):
        inception_score(two, splits=3)
