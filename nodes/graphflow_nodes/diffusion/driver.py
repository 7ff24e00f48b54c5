"""The loop between a sampler and a network: progress, previews, cancellation, inpainting, and the journal."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from graphflow_nodes.diffusion.denoiser import Denoiser
from graphflow_nodes.diffusion.guidance import Guidance, Rows
from graphflow_nodes.diffusion.masks import Inpainting, fit_mask, keep_outside
from graphflow_nodes.diffusion.samplers import Estimate, Noise, Sampler
from graphflow_nodes.diffusion.schedules import ModelSampling


class SamplingStopped(Exception):
    """Somebody asked to stop; raised before the next forward."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What a sampling run tells and asks the outside, each optional.

    `preview` gets the estimate of each step in the network's scale, (batch, channels, height, width). `journal` gets
    the number of each estimate and its bytes; `replay` holds the bytes of an earlier attempt, which are taken in
    place of forwards, so that the run goes on where that one ended.
    """

    progress: Callable[[int, int], None] = lambda _done, _total: None
    preview: Callable[[Tensor], None] | None = None
    cancelled: Callable[[], bool] = lambda: False
    journal: Callable[[int, bytes], None] | None = None
    replay: Sequence[bytes] = ()


SILENT_WATCH: Final = Watch()


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Where a sampling run starts: tensors on the network's device.

    `latent` is (batch, channels, height, width) as the autoencoder gives it, `scale` brings it to the unit variance
    that the network knows, `noise` has unit variance (or is zero, where the latent has its noise already), and
    `mask`, as in `fit_mask`, is 1 where to make anew. `differential` above 0 opens the mask step by step, as in `opened`.
    """

    latent: Tensor
    noise: Tensor
    mask: Tensor | None = None
    scale: float = 1.0
    differential: float = 0.0


def sample(
    sampler: Sampler,
    guidance: Guidance,
    denoiser: Denoiser,
    start: Start,
    sigmas: Tensor,
    *,
    step_noise: Noise,
    watch: Watch = SILENT_WATCH,
    deterministic: bool = False,
) -> Tensor:
    """Sample from `start` down the noise levels, and return a latent as the autoencoder takes it.

    With a mask, the result where it is 0 is the starting latent bit for bit, noised when the levels end above 0.
    Raises SamplingStopped when cancelled.
    """
    levels = sigmas.tolist()
    if len(levels) < 2:
        return start.latent
    with torch.inference_mode(), denoiser.join(deterministic=deterministic) as answer:
        latent = start.latent * start.scale
        mask = None if start.mask is None else fit_mask(start.mask, latent)
        inpainting = None if mask is None else Inpainting(mask, latent, start.noise)
        run = _Run(guidance, answer, inpainting, watch, levels, start.differential)
        x = latent + start.noise * first_noise(levels[0], guidance.sampling)
        result = run.drive(sampler, x, step_noise) / start.scale
        if mask is not None:
            outside = start.latent if levels[-1] == 0 else (latent + start.noise * levels[-1]) / start.scale
            result = keep_outside(result, outside, mask)
    return result.clone()  # outside inference mode: a tensor like any other


def first_noise(sigma: float, sampling: ModelSampling) -> float:
    """Return the factor of the first noise: sigma, but from the top of the schedule sqrt(sigma^2 + 1).

    There x has the variance of the model's own x_T, which counts the picture in; a latent of zeros brings none.
    """
    if sigma > sampling.sigma_max or math.isclose(sigma, sampling.sigma_max, rel_tol=1e-5):
        return math.sqrt(sigma**2 + 1)
    return sigma


@dataclass(slots=True, eq=False)
class _Run:
    guidance: Guidance
    answer: Callable[[Rows], Tensor]
    inpainting: Inpainting | None
    watch: Watch
    levels: Sequence[float]
    differential: float
    estimates: int = 0
    step: int = 0

    def drive(self, sampler: Sampler, x: Tensor, step_noise: Noise) -> Tensor:
        sampling = sampler.start(x, self.levels, step_noise)
        try:
            x, sigma = next(sampling)
            while True:
                x, sigma = sampling.send(self.estimate(x, sigma))
        except StopIteration as end:
            result: Tensor = end.value
            total = len(self.levels) - 1
            if self.step < total:  # a sampler that places its own levels need not ask below the last but one
                self.watch.progress(total, total)
            return result

    def estimate(self, x: Tensor, sigma: float) -> Estimate:
        watch, number = self.watch, self.estimates
        if watch.cancelled():
            raise SamplingStopped
        if number < len(watch.replay):
            estimate = _unpack(watch.replay[number], x)
        else:
            estimate = self.ask(x, sigma)
            if watch.journal is not None:
                watch.journal(number, _pack(estimate))
        self.estimates += 1
        self.report(sigma, estimate)
        return estimate

    def ask(self, x: Tensor, sigma: float) -> Estimate:
        inpainting = self.inpainting
        if inpainting is None:
            return self.guidance.estimate(x, sigma, self.answer)
        if self.differential:
            inpainting = inpainting.opened(self.time_left(sigma), self.differential)
        estimate = self.guidance.estimate(inpainting.noised(x, sigma), sigma, self.answer)
        return estimate._replace(x0=inpainting.kept(estimate.x0))

    def time_left(self, sigma: float) -> float:
        """Return which share of the run's time is left, 1 at its first level and 0 at its last, in the model's time."""
        sampling = self.guidance.sampling
        first, last = (sampling.timestep(level) for level in (self.levels[0], self.levels[-1]))
        return (sampling.timestep(sigma) - last) / (first - last) if first > last else 0.0

    def report(self, sigma: float, estimate: Estimate) -> None:
        """Report the step that `sigma` belongs to: samplers may ask several times in one step."""
        total = len(self.levels) - 1
        while self.step < total and sigma <= self.levels[self.step]:
            self.step += 1
        if self.watch.preview is not None:
            self.watch.preview(estimate.x0)
        self.watch.progress(self.step, total)


def _pack(estimate: Estimate) -> bytes:
    """Return an estimate bit for bit, in the number format of the latent that it is about."""
    parts = [part for part in estimate if part is not None]
    return bytes(torch.stack(parts).cpu().contiguous().view(torch.uint8).numpy().data)


def _unpack(data: bytes, x: Tensor) -> Estimate:
    parts = torch.frombuffer(bytearray(data), dtype=x.dtype).reshape(-1, *x.shape).to(x.device)
    return Estimate(*parts.unbind())
