"""The training, stage by stage, on forty pictures and in a few steps."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from graphflow_nodes.diffusion.training import alpha_bars, draw_moments, min_snr_weights, moments, q_sample
from graphflow_nodes.models.contrastive import load_contrastive
from graphflow_nodes.models.control_files import inspect_control
from graphflow_nodes.models.inspect import inspect_checkpoint, inspect_tiny
from graphflow_nodes.models.text_encoder import TextEncoder
from graphflow_nodes.models.tokenizer import find_tokenizer
from graphflow_tiny import curves, train
from graphflow_tiny.score import draw, load_pipeline
from graphflow_tiny.training import control, inpaint, preview, probe, unet
from graphflow_tiny.training.cache import load_cache, scaling_factor
from graphflow_tiny.training.contrastive import Anchor, load_text_encoder, load_towers, make_text_encoder
from graphflow_tiny.training.data import load_training_set
from graphflow_tiny.training.loop import learning_rate
from graphflow_tiny.training.restore import EMBEDDING, with_room
from graphflow_tiny.training.tokens import read_merges, write_tokenizer
from tests.tiny.conftest import SMALL, terminated_in_call


def train_unet(work: Path, steps: int, processes: int = 1) -> dict[str, Any]:
    train.main(["unet", "--work", str(work), "--unet-steps", str(steps), "--processes", str(processes)])
    state: dict[str, Any] = torch.load(work / "unet.pt", weights_only=True)
    return state


def test_a_run_cut_by_sigterm_goes_on_to_the_same_weights(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = train_unet(work, 4)
    (work / "unet.pt").unlink()

    with monkeypatch.context() as cut:
        cut.setattr(unet, "training_loss", terminated_in_call(2, unet.training_loss))
        assert train_unet(work, 4)["step"] == 2
    resumed = train_unet(work, 4)

    assert resumed["step"] == 4
    for name, value in whole["model"].items():
        torch.testing.assert_close(resumed["model"][name], value, rtol=0, atol=0)


def test_two_processes_train_one_model_and_probe_it(work: Path) -> None:
    state = train_unet(work, 2, processes=2)

    lines = [json.loads(line) for line in (work / "log.jsonl").read_text().splitlines()]
    probed = next(line for line in lines if line["stage"] == "unet" and "gain" in line)
    assert state["step"] == probed["step"] == 2
    assert {"gain", "held_out_loss", "background", "colour", "position", "size", "kind"} <= probed.keys()


def test_one_picture_in_seven_is_told_of_briefly(work: Path) -> None:
    pictures = load_training_set(work)
    brief = set(pictures.caption_ids[:, -1].tolist()) - set(pictures.caption_ids[:, :-1].flatten().tolist())

    everything = torch.arange(len(pictures.pictures)).repeat(100)
    drawn = pictures.draw_captions(everything, torch.Generator().manual_seed(0)).view(100, -1)

    own = pictures.caption_ids.tolist()
    assert all(row in own[picture] for rows in drawn.tolist() for picture, row in enumerate(rows))
    told = [picture for picture, rows in enumerate(own) if rows[-1] in brief]
    share = (drawn[:, told] == pictures.caption_ids[told, -1]).float().mean()
    assert float(share) == pytest.approx(0.15, abs=0.02)


def test_captions_of_an_older_version_are_refused_with_the_way_out(work: Path) -> None:
    np.save(work / "caption_ids.npy", np.load(work / "caption_ids.npy")[:, :3])

    with pytest.raises(ValueError, match=r"has 3 captions .* remove tokens.npy and states.npy"):
        load_training_set(work)


def test_some_steps_on_one_batch_lower_the_loss(work: Path) -> None:
    torch.manual_seed(0)
    net, pictures = unet.make_unet(), load_training_set(work)
    cache = load_cache(work, pictures.tokens)
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3)
    phase = unet.Phase(shape=(32, 32), batch=16, gamma=1.0, positions=24)

    losses = []
    for _ in range(12):
        loss = unet.training_loss(net, cache, pictures, phase, torch.Generator().manual_seed(1), "cpu")
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        optimizer.step()
        losses.append(float(loss.detach()))

    assert losses[-1] < 0.9 * losses[0]


def test_the_export_loads_in_an_unmodified_pipeline(work: Path, tmp_path: Path) -> None:
    train_unet(work, 2)

    train.main(["wordings", "export", "--wordings-steps", "1", "--work", str(work), "--out", str(tmp_path / "model")])

    pictures = draw(load_pipeline(tmp_path / "model"), ["a red circle"], steps=1, cfg=2, seed=0)
    assert pictures[0].shape == (64, 64, 3)


def test_an_unknown_stage_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        train.main(["unit"])

    assert "no stage is called 'unit'" in capsys.readouterr().err


def test_the_forward_process_has_the_mean_and_variance_of_the_paper() -> None:
    t = torch.tensor([0, 300, 999])
    alpha_bar = torch.cumprod(1 - torch.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2, 0)[t]
    x0 = torch.full((3, 4, 100, 100), 2.0)

    x_t = q_sample(x0, t, torch.randn(x0.shape, generator=torch.Generator().manual_seed(0)), alpha_bars())

    torch.testing.assert_close(x_t.mean(dim=(1, 2, 3)), 2 * alpha_bar.sqrt(), rtol=0, atol=0.02)
    torch.testing.assert_close(x_t.var(dim=(1, 2, 3)), 1 - alpha_bar, rtol=0.05, atol=0.001)


def test_the_forward_process_agrees_with_diffusers() -> None:
    from diffusers import DDPMScheduler

    random = torch.Generator().manual_seed(0)
    x0, eps = torch.randn(5, 4, 3, 3, generator=random), torch.randn(5, 4, 3, 3, generator=random)
    t = torch.tensor([0, 10, 500, 900, 999])
    theirs = DDPMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")

    torch.testing.assert_close(q_sample(x0, t, eps, alpha_bars()), theirs.add_noise(x0, eps, t))


def test_weighing_and_drawing_together_leave_the_min_snr_objective() -> None:
    alpha_bar = alpha_bars()
    weights = min_snr_weights(alpha_bar, 0.2)
    probability = moments(weights)
    errors = torch.linspace(1, 3, 1000)

    t = draw_moments(probability, 20_000, torch.Generator().manual_seed(0))
    drawn = (errors[t] * weights[t] / (probability[t] * 1000)).mean()

    snr = alpha_bar / (1 - alpha_bar)
    wanted = (errors * torch.minimum(snr, torch.tensor(0.2)) / snr).mean()
    torch.testing.assert_close(drawn, wanted, rtol=0.01, atol=0)


def test_the_learning_rate_rises_stays_and_falls() -> None:
    rates = [learning_rate(step, 1000, 1.0) for step in (0, 59, 500, 850, 999)]

    assert rates == pytest.approx([1 / 60, 1, 1, 0.5, 0.05])


def test_training_goes_on_where_only_the_finished_weights_are_left(work: Path, tmp_path: Path) -> None:
    before = train_unet(work, 2)["ema"]["weights"]
    weights, anew = tmp_path / "weights", tmp_path / "anew"
    train.main(["wordings", "export", "--wordings-steps", "1", "--work", str(work), "--out", str(weights)])

    train.main(["data", "restore", "states", "latents", "--work", str(anew), "--out", str(weights), *SMALL])
    start = torch.load(anew / "unet.pt", weights_only=True)
    after = train_unet(anew, 4)

    assert (start["step"], after["step"]) == (2, 4)
    for name, value in before.items():
        torch.testing.assert_close(start["model"][name], value, rtol=0, atol=1e-3)  # half precision
    assert any(not torch.equal(after["model"][name], start["model"][name]) for name in before)


def test_another_tokenizer_cannot_go_on_with_the_weights(work: Path, tmp_path: Path) -> None:
    train_unet(work, 2)
    weights = tmp_path / "weights"
    train.main(["wordings", "export", "--wordings-steps", "1", "--work", str(work), "--out", str(weights)])
    (weights / "tokenizer" / "merges.txt").write_text("#version: 0.2\nq z</w>\n")

    with pytest.raises(ValueError, match="are not the weights'"):
        train.main(["restore", "--work", str(work), "--out", str(weights)])


def test_room_for_more_words_changes_nothing_about_the_old_ones() -> None:
    torch.manual_seed(0)
    before, after = make_text_encoder(600), make_text_encoder(607)
    state = before.state_dict()
    after.load_state_dict(state | {EMBEDDING: with_room(state[EMBEDDING], 7)})

    said = [before.eval()(torch.tensor([[598, 5, 597, 599]])), after.eval()(torch.tensor([[605, 5, 597, 606]]))]

    torch.testing.assert_close(said[1].last_hidden_state, said[0].last_hidden_state)
    torch.testing.assert_close(said[1].pooler_output, said[0].pooler_output)


def test_the_anchor_holds_captions_of_old_words_and_lets_go_of_new_ones() -> None:
    torch.manual_seed(0)
    text = make_text_encoder(607).eval()
    anchor = Anchor(text.state_dict(), known=598)
    old, new = torch.tensor([[605, 5, 597, 606]]), torch.tensor([[605, 5, 599, 606]])

    assert float(anchor.loss(text(old).last_hidden_state, old).detach()) == 0
    torch.nn.init.normal_(text.final_layer_norm.weight)
    assert float(anchor.loss(text(old).last_hidden_state, old).detach()) > 0.1
    assert float(anchor.loss(text(new).last_hidden_state, new)) == 0


def test_a_text_encoder_learns_more_words_from_where_finished_weights_are(work: Path, tmp_path: Path) -> None:
    weights, anew = tmp_path / "weights", tmp_path / "anew"
    train_unet(work, 1)
    train.main(["wordings", "export", "--wordings-steps", "1", "--work", str(work), "--out", str(weights)])
    merges = read_merges(weights / "tokenizer")
    narrow(weights, 6)

    train.main(["data", "restore", "contrastive", "--more-words", "--work", str(anew), "--out", str(weights), *SMALL])

    state = torch.load(anew / "contrastive.pt", weights_only=True)
    assert read_merges(anew / "tokenizer")[: len(merges) - 6] == merges[:-6]
    assert (state["step"], state["known"]) == (2, 512 + len(merges) - 6)
    assert load_text_encoder(anew).config.vocab_size == 514 + len(read_merges(anew / "tokenizer"))


def narrow(weights: Path, words: int) -> None:
    """Take the last byte pairs, and what the text encoder has learnt of them, out of a model folder."""
    merges = read_merges(weights / "tokenizer")
    write_tokenizer(weights / "tokenizer", merges[:-words])
    path = weights / "text_encoder" / "model.safetensors"
    state = load_file(path)
    state[EMBEDDING] = torch.cat([state[EMBEDDING][: -2 - words], state[EMBEDDING][-2:]])
    save_file(state, path)


def train_control(work: Path, steps: int) -> dict[str, Any]:
    train.main(["control", "--work", str(work), "--control-steps", str(steps)])
    state: dict[str, Any] = torch.load(work / "control.pt", weights_only=True)
    return state


def test_a_controlnets_training_that_was_cut_goes_on_to_the_same_weights(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_unet(work, 2)
    monkeypatch.setattr(control, "BATCH", 2)
    monkeypatch.setattr(control, "SAVE_EVERY", 1)
    whole = train_control(work, 3)
    (work / "control.pt").unlink()

    with monkeypatch.context() as cut:
        cut.setattr(control, "training_loss", interrupted_in_call(3, control.training_loss))
        with pytest.raises(KeyboardInterrupt):
            train_control(work, 3)
    resumed = train_control(work, 3)

    assert resumed["step"] == 3
    for name, weights in whole["ema"]["weights"].items():
        assert torch.equal(resumed["ema"]["weights"][name], weights), name
    assert whole["model"]["controlnet_mid_block.weight"].abs().max() > 0  # it was zero, and has learnt something
    train.main(["edges", "--work", str(work), "--control-out", str(tmp_path / "out")])
    assert inspect_control(tmp_path / "out")["factor"] == 4


def train_previewer(work: Path, out: Path) -> dict[str, Any]:
    train.main(["preview", "--work", str(work), "--preview-steps", "3", "--preview-out", str(out)])
    state: dict[str, Any] = torch.load(work / "preview.pt", weights_only=True)
    return state


def test_a_previewers_training_that_was_cut_goes_on_to_the_same_weights_and_is_exported(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, number in (("BATCH", 3), ("UNFINISHED", 1), ("SAVE_EVERY", 1)):
        monkeypatch.setattr(preview, name, number)
    whole = train_previewer(work, tmp_path / "out")
    (work / "preview.pt").unlink()

    with monkeypatch.context() as cut:
        cut.setattr(preview, "loss_of", interrupted_in_call(3, preview.loss_of))
        with pytest.raises(KeyboardInterrupt):
            train_previewer(work, tmp_path / "out")
    resumed = train_previewer(work, tmp_path / "out")

    assert resumed["step"] == 3
    for name, weights in whole["ema"]["weights"].items():
        assert torch.equal(resumed["ema"]["weights"][name], weights), name
    assert inspect_tiny(tmp_path / "out")["scale"] == scaling_factor(work)


def interrupted_in_call(number: int, function: Callable[..., Any]) -> Callable[..., Any]:
    """Stand in for a function, and end the run as Ctrl-C does in one of its calls."""
    calls = iter(range(1, number + 1))

    def counted(*args: Any) -> Any:
        if next(calls) == number:
            raise KeyboardInterrupt
        return function(*args)

    return counted


def test_a_fresh_controlnet_changes_nothing() -> None:
    network = unet.make_unet()
    torch.nn.init.normal_(network.conv_out.weight)
    x, hint = torch.randn(2, 4, 16, 16), torch.rand(2, 3, 64, 64)
    t, context = torch.full((2,), 500), torch.randn(2, 8, 128)

    with torch.no_grad():
        told = control.answer(network, control.make_control(network), x, t, context, hint)
        assert torch.equal(told, network(x, t, context).sample)


def test_the_picture_tower_is_exported_as_a_pair_that_loads(work: Path, tmp_path: Path) -> None:
    train.main(["towers", "--work", str(work), "--towers-out", str(tmp_path / "pair")])

    text = TextEncoder(load_text_encoder(work), torch.device("cpu"), find_tokenizer(work, vocabulary(work)))
    pair = load_contrastive(tmp_path / "pair", text, torch.device("cpu"), torch.float32)
    trained = load_towers(work)
    assert trained is not None
    pixels = torch.rand(2, 3, 32, 32)
    want = torch.nn.functional.normalize(trained.picture(pixels * 2 - 1), dim=1)
    torch.testing.assert_close(pair.pictures(pixels.movedim(1, -1)), want, rtol=0, atol=2e-2)  # half precision
    assert pair.captions(["a red circle"]).shape == (1, 128)


def test_the_inpainting_network_begins_as_the_finished_one_and_reads_nothing_of_the_hole_yet(work: Path) -> None:
    train_unet(work, 1)
    plain, seeing = unet.make_unet(), inpaint.make_inpainter(work)
    plain.load_state_dict(torch.load(work / "unet.pt", weights_only=True)["ema"]["weights"])
    x, more = torch.randn(2, 4, 16, 16), torch.randn(2, 5, 16, 16)
    t, c = torch.tensor([10, 900]), torch.randn(2, 24, 128)

    torch.testing.assert_close(seeing(torch.cat([x, more], dim=1), t, c).sample, plain(x, t, c).sample)


def test_an_inpainting_run_goes_on_and_is_exported_with_nine_channels(work: Path, tmp_path: Path) -> None:
    train_unet(work, 1)
    whole = tmp_path / "model"
    train.main(["wordings", "export", "--wordings-steps", "1", "--work", str(work), "--out", str(whole)])

    for steps in ("1", "2"):
        train.main(["inpaint", "--work", str(work), "--inpaint-steps", steps])
    train.main(["export-inpaint", "--work", str(work), "--out", str(whole)])

    assert torch.load(work / "inpaint.pt", weights_only=True)["step"] == 2
    made = tmp_path / "model-inpaint"
    assert inspect_checkpoint(made) == inspect_checkpoint(whole)
    assert inpaint.load_inpainter(work).config.in_channels == 9


def vocabulary(work: Path) -> int:
    return len(json.loads((work / "tokenizer" / "vocab.json").read_text()))


def test_the_curves_show_each_probe_once_in_the_order_of_steps() -> None:
    def line(step: int, kind: float) -> str:
        return json.dumps(
            {"stage": "unet", "step": step, "gain": 0.1, "held_out_loss": 0.01, **dict.fromkeys(probe.FACTS, kind)}
        )

    log = "\n".join(
        [json.dumps({"stage": "unet", "step": 900, "loss": 1}), line(800, 0.2), line(400, 0.1), line(800, 0.3)]
    )

    lines = curves.probed(log)
    figure = curves.draw(lines)

    assert [(each["step"], each["kind"]) for each in lines] == [(400, 0.1), (800, 0.3)]
    assert [list(each.get_ydata()) for each in figure.axes[0].lines] == [[0.1, 0.3]] * len(probe.FACTS)
