"""Other words for the same: what they say, and that the text encoder learns them and forgets nothing."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch

import graphflow_tiny
from graphflow_tiny import train
from graphflow_tiny.everyday import everyday_examples
from graphflow_tiny.training import wordings
from graphflow_tiny.training.cache import load_cache
from graphflow_tiny.training.contrastive import load_text_encoder
from graphflow_tiny.training.data import load_tokenizer, load_training_set, tokenize
from graphflow_tiny.training.loop import generator
from graphflow_tiny.training.wordings import Lesson, Wordings, load_worded
from graphflow_tiny.world import COLOURS, Scene, describe, make_spec, reword
from tests.tiny.test_training import interrupted_in_call, train_unet

SPECS = [make_spec(seed) for seed in range(600)]
SHIPPED = graphflow_tiny.MODEL_ROOTS["checkpoints"] / "graphflow-tiny"


def colours_in(text: str) -> set[str]:
    return set(text.replace(",", " ").split()) & set(COLOURS)


def test_a_wording_depends_on_its_luck_alone() -> None:
    text = describe(SPECS[0], 0).text

    assert len({reword(text, SPECS[0], Random(7)) for _ in range(3)}) == 1
    assert len({reword(text, SPECS[0], Random(luck)) for luck in range(20)}) > 15


def test_a_wording_of_things_names_no_colour_that_the_caption_does_not_name() -> None:
    for spec in SPECS:
        text = describe(spec, 0).text
        if not isinstance(spec, Scene):
            assert colours_in(reword(text, spec, Random(spec.seed))) <= colours_in(text)


def test_in_bold_wordings_most_words_are_others() -> None:
    shares = []
    for spec in SPECS:
        text = describe(spec, 0).text
        other = set(reword(text, spec, Random(spec.seed)).split())
        shares.append(len(other - set(text.split())) / len(other))

    assert 0.25 < sum(shares) / len(shares) < 0.75
    assert max(shares) > 0.8


@pytest.mark.parametrize("unknown", [False, True])
def test_the_shipped_tokenizer_has_a_token_for_every_word_but_those_that_nobody_knows(unknown: bool) -> None:
    tokenizer = load_tokenizer(SHIPPED)
    wordings = [reword(describe(spec, 0).text, spec, Random(spec.seed), unknown=unknown) for spec in SPECS]
    words = {word for text in wordings for word in text.replace(",", " ").replace("-", " ").split() if word.isalpha()}

    apart = {word for word in words if len(tokenizer.tokenize(word)) > 1}

    assert (len(apart) > 30) is unknown
    assert len(apart) < 0.02 * len(words) or unknown


def run(work: Path, steps: int) -> dict[str, Any]:
    train.main(["wordings", "--work", str(work), "--wordings-steps", str(steps), "--processes", "1"])
    state: dict[str, Any] = torch.load(work / "wordings.pt", weights_only=True)
    return state


def test_a_run_that_was_cut_goes_on_to_the_same_weights(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train_unet(work, 1)
    whole = run(work, 4)
    (work / "wordings.pt").unlink()

    with monkeypatch.context() as cut:
        cut.setattr(Lesson, "loss", interrupted_in_call(4, Lesson.loss))
        with pytest.raises(KeyboardInterrupt):
            run(work, 4)
    assert torch.load(work / "wordings.pt", weights_only=True)["step"] == 2
    resumed = run(work, 4)

    for name, value in whole["model"].items():
        torch.testing.assert_close(resumed["model"][name], value, rtol=0, atol=0)


def test_other_words_come_nearer_to_what_the_captions_say_and_captions_stay(work: Path) -> None:
    train_unet(work, 1)
    data = load_training_set(work)
    lesson = Lesson(work, load_cache(work, data.tokens), Wordings(data, work))
    with torch.no_grad():
        before = lesson.loss(32, generator("test", 0, 0))
    run(work, 30)

    lesson.student.load_state_dict(torch.load(work / "wordings.pt", weights_only=True)["model"])
    with torch.no_grad():
        after = lesson.loss(32, generator("test", 0, 0))

    assert float(before["kept"]) == pytest.approx(0, abs=1e-9)
    assert float(after["read"]) < 0.9 * float(before["read"])
    assert float(after["kept"]) < 0.5 * (float(before["read"]) - float(after["read"]))


def test_two_processes_teach_one_encoder(work: Path) -> None:
    train_unet(work, 1)
    train.main(["wordings", "--work", str(work), "--wordings-steps", "2", "--processes", "2"])

    lines = [json.loads(line) for line in (work / "log.jsonl").read_text().splitlines()]
    tokens = tokenize(load_tokenizer(work), ["a red circle"])
    told = [encoder(tokens).last_hidden_state for encoder in (load_text_encoder(work), load_worded(work))]
    assert any(line["stage"] == "unet" for line in lines)
    assert not torch.equal(*told)
    assert wordings.worded_step(work) == 2


def test_everyday_prompts_are_many_and_state_facts_of_the_world() -> None:
    examples = everyday_examples()

    assert len({caption.text for _, caption in examples}) == len(examples) == 120
    for spec, caption in examples:
        assert caption.facts
        assert all(getattr(spec, name) == value for name, value in caption.facts)
