"""The training algorithm of diffusion in latents with captions: Ho et al. 2020, algorithm 1; Rombach et al. 2022."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor, nn

from graphflow_nodes.diffusion.schedules import ModelSampling
from graphflow_nodes.diffusion.training import (
    alpha_bars_of,
    draw_moments,
    epsilon_loss,
    min_snr_weights,
    moments,
    q_sample,
    target_of,
    weight_left,
)

if TYPE_CHECKING:
    from graphflow_nodes.training.lesson import Lesson

TRAINED: Final = {"all": "", "attention": ".attentions.", "cross-attention": ".attn2."}
"""What the name of a weight holds that is trained."""

LONGEST: Final = 1.0
"""The length of a gradient above which it is cut: one strange batch shall not throw a network off."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """One batch: clean latents and noise (batch, channels, height, width), times t and weights (batch,), captions."""

    x0: Tensor
    eps: Tensor
    t: Tensor
    weight: Tensor
    context: Tensor  # (batch, tokens, width)


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a network said to a batch: the noisy latents, what it should have said, what it said, and the loss."""

    x_t: Tensor
    target: Tensor
    predicted: Tensor
    loss: Tensor


class Draw:
    """Draw batches from a lesson, every picture once before any comes again, always the same for a seed."""

    def __init__(self, lesson: Lesson, sampling: ModelSampling, seed: int, *, dropout: float, gamma: float) -> None:
        self._lesson = lesson
        self._dropout = dropout
        self._random = torch.Generator().manual_seed(seed)
        self._order = self._shuffled()
        alpha_bar = alpha_bars_of(sampling.sigmas)
        # Without a bound (gamma 0) every time counts the same, as in the algorithm's simple loss.
        ones = torch.ones_like(alpha_bar)
        self._weights = min_snr_weights(alpha_bar, gamma, sampling.prediction) if gamma > 0 else ones
        self._probability = moments(self._weights)

    def batch(self, size: int) -> Batch:
        """Draw so many pictures, and the rest as `batch_of` does."""
        return self.batch_of([next(self._order) for _ in range(size)])

    def batch_of(self, index: Sequence[int]) -> Batch:
        """Draw noise and times for these pictures, and which of their captions are left out."""
        size = len(index)
        x0, context = self._lesson.latents[list(index)], self._lesson.contexts[list(index)]
        context[torch.rand(size, generator=self._random) < self._dropout] = self._lesson.nothing[0]
        t = draw_moments(self._probability, size, self._random)
        t = t[torch.randperm(size, generator=self._random)]  # they were drawn in rising order
        eps = torch.randn(x0.shape, generator=self._random)
        return Batch(x0, eps, t, weight_left(self._weights, self._probability, t), context)

    def _shuffled(self) -> Iterator[int]:
        while True:
            yield from torch.randperm(len(self._lesson.latents), generator=self._random).tolist()


def ask(network: nn.Module, sampling: ModelSampling, batch: Batch) -> Answer:
    """Let a network guess the noise in a batch: the loss of Ho et al. 2020, algorithm 1, line 5."""
    device = next(network.parameters()).device
    alpha_bar = alpha_bars_of(sampling.sigmas)
    x_t = q_sample(batch.x0, batch.t, batch.eps, alpha_bar)
    target = target_of(sampling.prediction, batch.x0, batch.t, batch.eps, alpha_bar).to(device)
    context = batch.context.to(device)
    x = x_t.to(device).contiguous()  # latents may come in channels last: `own_network` says what that does
    predicted = network(x, batch.t.to(device), encoder_hidden_states=context, return_dict=False)[0]
    return Answer(x_t, target, predicted, epsilon_loss(predicted, target, batch.weight.to(device)))


class Learner:
    """Steps a network down the gradient of the loss with AdamW (Loshchilov & Hutter 2019)."""

    def __init__(self, network: nn.Module, sampling: ModelSampling, rate: float, layers: str) -> None:
        self.network = network
        self._sampling = sampling
        for name, weight in network.named_parameters():
            weight.requires_grad_(TRAINED[layers] in f".{name}")
        self._weights = [weight for weight in network.parameters() if weight.requires_grad]
        self._optimizer = torch.optim.AdamW(self._weights, lr=rate)

    def step(self, batch: Batch) -> tuple[Answer, float]:
        """Change the weights by one step; return what the network said before, and the length of the gradient."""
        with torch.enable_grad():
            self._optimizer.zero_grad(set_to_none=True)
            answer = ask(self.network, self._sampling, batch)
            answer.loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        length = float(torch.nn.utils.clip_grad_norm_(self._weights, LONGEST))
        self._optimizer.step()
        return answer, length
