from __future__ import annotations

import math
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from graphflow_nodes.diffusion.denoiser import Denoiser
from graphflow_nodes.diffusion.driver import SamplingStopped, Start, Watch, first_noise, sample
from graphflow_nodes.diffusion.guidance import Guidance, Prompt
from graphflow_nodes.diffusion.noise import initial_noise, step_noise
from graphflow_nodes.diffusion.samplers import SAMPLERS
from graphflow_nodes.diffusion.schedules import karras, noise_levels, normal
from tests.diffusion.gaussian import SAMPLING, Gaussian, context, network

LATENT = torch.zeros(2, 4, 8, 8)
SILENT = Watch()


def run(
    name: str = "euler",
    *,
    seed: int = 1,
    steps: int = 10,
    latent: Tensor = LATENT,
    mask: Tensor | None = None,
    scale: float = 1.0,
    denoise: float = 1.0,
    cfg: float = 3.0,
    watch: Watch = SILENT,
    denoiser: Denoiser | None = None,
    deterministic: bool = False,
) -> Tensor:
    return sample(
        SAMPLERS[name],
        Guidance(
            SAMPLING, [Prompt(context(0.5))], [Prompt(context(-0.5))], cfg, reads_uncond=SAMPLERS[name].reads_uncond
        ),
        denoiser or Denoiser(network),
        Start(latent, initial_noise(latent, seed), mask, scale),
        noise_levels(normal, SAMPLING, steps, denoise),
        step_noise=step_noise(latent, seed),
        watch=watch,
        deterministic=deterministic,
    )


def test_a_guided_gaussian_comes_out_at_its_mean() -> None:
    # both sides have the same variance, so guidance only moves the mean: -0.5 + 3 * (0.5 - -0.5)
    made = run("dpmpp_2m", steps=60, latent=torch.zeros(4, 4, 32, 32))

    start = torch.zeros(())  # the mean of the first noise
    exact = Gaussian(2.5).flow(start, SAMPLING.sigma_max, 0.0)
    assert float(made.mean()) == pytest.approx(float(exact), abs=0.02)


def test_the_result_is_the_exact_flow_of_the_first_noise() -> None:
    latent = torch.zeros(1, 4, 8, 8)
    made = run("dpmpp_2m", steps=300, cfg=1, latent=latent)

    first = initial_noise(latent, 1) * math.sqrt(SAMPLING.sigma_max**2 + 1)
    torch.testing.assert_close(made, Gaussian(0.5).flow(first, SAMPLING.sigma_max, 0.0), rtol=0.01, atol=0.01)


def test_the_first_noise_counts_the_picture_in_only_at_the_top() -> None:
    assert first_noise(SAMPLING.sigma_max, SAMPLING) == pytest.approx(math.sqrt(14.6146**2 + 1), rel=1e-5)
    assert first_noise(3.0, SAMPLING) == 3.0


@pytest.mark.parametrize("denoise", [0.2, 0.6])
def test_denoise_starts_from_the_latent_noised_to_its_level(denoise: float) -> None:
    latent = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(3)) * 0.5 + 0.5
    sigma = float(noise_levels(normal, SAMPLING, 100, denoise)[0])

    made = run("dpmpp_2m", latent=latent, steps=100, denoise=denoise, cfg=1)

    exact = Gaussian(0.5).flow(latent + initial_noise(latent, 1) * sigma, sigma, 0.0)
    torch.testing.assert_close(made, exact, rtol=0.01, atol=0.01)


def test_less_denoise_keeps_more_of_the_latent() -> None:
    latent = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(3)) * 0.5 + 0.5

    moved = [float((run(latent=latent, denoise=d, cfg=1) - latent).abs().mean()) for d in (0.05, 0.2, 0.5, 1.0)]

    assert moved == sorted(moved)
    assert moved[0] < moved[-1] / 3


def test_denoise_zero_returns_the_latent_untouched() -> None:
    latent = torch.randn(2, 4, 8, 8)

    assert torch.equal(run(latent=latent, denoise=0), latent)


def test_the_scale_of_the_autoencoder_goes_in_and_comes_out() -> None:
    latent = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(4))

    plain = run(latent=latent, denoise=0.5)
    scaled = run(latent=latent / 0.18215, denoise=0.5, scale=0.18215)

    torch.testing.assert_close(scaled * 0.18215, plain, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("denoise", [0.4, 1.0])
def test_the_latent_outside_a_mask_comes_back_bit_for_bit(name: str, denoise: float) -> None:
    latent = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(5))
    mask = torch.zeros(32, 32)
    mask[:, 16:] = 1

    made = run(name, latent=latent, mask=mask, scale=0.18215, denoise=denoise)

    assert torch.equal(made[..., :4], latent[..., :4])
    assert float((made - latent)[..., 4:].abs().min()) > 0


def test_the_network_sees_the_noised_original_outside_the_mask() -> None:
    latent, seen = torch.full((1, 4, 8, 8), 7.0), []

    def spy(x: Tensor, t: Tensor, *rest: object) -> Tensor:
        sigma = SAMPLING.sigma(float(t[0]))
        seen.append((x[:1] * math.sqrt(sigma**2 + 1), sigma))
        return torch.zeros_like(x)

    run(latent=latent, mask=torch.zeros(8, 8), steps=4, denoiser=Denoiser(spy))

    assert len(seen) == 4
    for x, sigma in seen:
        torch.testing.assert_close(x, latent + initial_noise(latent, 1) * sigma, rtol=1e-4, atol=1e-4)


def test_inside_a_mask_the_prompt_is_followed() -> None:
    mask = torch.zeros(32, 32)
    mask[:, 16:] = 1
    latent = torch.full((4, 4, 32, 32), -3.0)

    made = run("dpmpp_2m", latent=latent, mask=mask, steps=60)

    exact = Gaussian(2.5).flow(torch.tensor(-3.0), SAMPLING.sigma_max, 0.0)
    assert float(made[..., 16:].mean()) == pytest.approx(float(exact), abs=0.05)


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_same_seed_gives_the_same_latent_and_another_another(name: str) -> None:
    assert torch.equal(run(name, seed=5), run(name, seed=5))
    assert not torch.allclose(run(name, seed=5), run(name, seed=6))


def test_progress_counts_every_step_once() -> None:
    seen: list[tuple[int, int]] = []

    run("lms", steps=5, watch=Watch(progress=lambda done, total: seen.append((done, total))))

    assert seen == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_previews_are_the_estimates_and_the_last_is_the_result() -> None:
    seen: list[Tensor] = []

    made = run(steps=5, watch=Watch(preview=seen.append))

    assert len(seen) == 5
    torch.testing.assert_close(seen[-1], made)


def test_cancelling_stops_before_the_next_forward() -> None:
    denoiser = Denoiser(network)

    with pytest.raises(SamplingStopped):
        run(denoiser=denoiser, watch=Watch(cancelled=lambda: denoiser.forwards == 3))

    assert denoiser.forwards == 3
    assert denoiser.jobs == 0


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_run_goes_on_from_its_journal_bit_for_bit(name: str) -> None:
    counted = Denoiser(network)
    whole = run(name, denoiser=counted)
    journal: list[bytes] = []
    interrupted = Watch(journal=lambda number, data: journal.append(data), cancelled=lambda: len(journal) == 6)
    with pytest.raises(SamplingStopped):
        run(name, watch=interrupted)

    denoiser = Denoiser(network)
    resumed = run(name, watch=replace(SILENT, replay=journal), denoiser=denoiser)

    assert torch.equal(resumed, whole)
    assert denoiser.forwards == counted.forwards - 6


def test_results_are_ordinary_tensors_that_may_be_written_to_and_trained_on() -> None:
    made = run(steps=2)

    made.add_(1)
    made.requires_grad_().sum().backward()  # type: ignore[no-untyped-call]  # torch gives it no types
    assert made.grad is not None


def test_jobs_with_different_samplers_and_steps_share_forwards_and_get_the_serial_results() -> None:
    jobs = [("euler", 6, 1.0), ("lms", 9, 4.0), ("dpmpp_2m", 12, 7.0), ("euler_ancestral", 8, 1.0)]
    serial = [run(name, steps=steps, cfg=cfg, seed=i) for i, (name, steps, cfg) in enumerate(jobs)]
    denoiser, ready = Denoiser(network, patience=5.0), threading.Barrier(len(jobs))

    def job(number: int) -> Tensor:
        name, steps, cfg = jobs[number]
        waited = iter([ready.wait])  # all have joined before the first asks
        watch = Watch(cancelled=lambda: bool([wait() for wait in waited] and False))
        return run(name, steps=steps, cfg=cfg, seed=number, denoiser=denoiser, watch=watch)

    with ThreadPoolExecutor(len(jobs)) as pool:
        shared = list(pool.map(job, range(len(jobs))))

    for ours, alone in zip(shared, serial, strict=True):
        torch.testing.assert_close(ours, alone, rtol=1e-5, atol=1e-5)
    assert denoiser.forwards == 12  # of the longest job, where serial runs need 35


def test_a_cancelled_job_does_not_hold_up_the_one_it_shared_with() -> None:
    denoiser, ready = Denoiser(network, patience=60.0), threading.Barrier(2)

    def job(stop_after: int) -> Tensor | None:
        asked = iter(range(100))

        def cancelled() -> bool:
            number = next(asked)
            if number == 0:
                ready.wait()
            return number >= stop_after

        try:
            return run(seed=1, denoiser=denoiser, watch=Watch(cancelled=cancelled))
        except SamplingStopped:
            return None

    with ThreadPoolExecutor(2) as pool:
        stopped, finished = pool.map(job, [3, 99])

    assert stopped is None
    assert finished is not None
    torch.testing.assert_close(finished, run(seed=1), rtol=1e-5, atol=1e-5)


def test_a_deterministic_job_is_bit_equal_beside_others() -> None:
    alone = run(seed=2, deterministic=True)
    denoiser = Denoiser(network)

    with ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(run, seed=s, denoiser=denoiser, deterministic=s == 2) for s in (1, 2, 3)]

    assert torch.equal(futures[1].result(), alone)


def test_the_karras_schedule_drives_as_well() -> None:
    latent = torch.zeros(1, 4, 16, 16)
    made = sample(
        SAMPLERS["lms"],
        Guidance(SAMPLING, [Prompt(context(0.25))], [], 1.0),
        Denoiser(network),
        Start(latent, initial_noise(latent, 0)),
        karras(SAMPLING, 51),
        step_noise=step_noise(latent, 0),
    )

    assert float(made.mean()) == pytest.approx(0.25, abs=0.05)
    assert float(made.std()) == pytest.approx(0.5, abs=0.05)
