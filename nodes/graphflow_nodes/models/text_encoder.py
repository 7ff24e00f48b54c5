"""A text encoder as the pool keeps it: from a prompt to the states that a network listens to."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from graphflow_nodes.models.header import ModelFileError
from graphflow_nodes.models.parts import Part
from graphflow_nodes.models.text import Chunk, Mention, Piece, chunks, runs, segments
from graphflow_nodes.models.tokenizer import Tokenizer

NO_VECTORS: Mapping[str, Tensor] = {}


@dataclass(slots=True, eq=False)
class TextEncoder(Part):
    """A text encoder with its tokenizer."""

    tokenizer: Tokenizer
    _reading: threading.Lock = field(default_factory=threading.Lock, init=False)

    _words_name: str = field(init=False)  # library versions differ in what stands before it
    _words: Tensor = field(init=False)

    def __post_init__(self) -> None:
        Part.__post_init__(self)
        names = [name for name, _ in self.module.named_parameters()]
        self._words_name = next(name for name in names if name.endswith("token_embedding.weight"))
        self._words = self.module.get_parameter(self._words_name)

    @property
    def width(self) -> int:
        """Return how wide its states are, and the vectors of its tokens."""
        return int(self._words.shape[1])

    def encode(
        self, text: str, vectors: Mapping[str, Tensor] = NO_VECTORS, last_layer: int = -1
    ) -> tuple[Tensor, Tensor | None]:
        """Return the states of a prompt, (1, 77 * k, width) float32 on the CPU, and its pooled state where there is one.

        A prompt longer than 75 tokens is read in k chunks, each with its own marks, side by side. A weight w moves the
        state of a token from that of the empty prompt at the same place: empty + w * (state - empty). `vectors` are
        embeddings by name, (tokens, width). `last_layer` -2 reads the layer before the last, and so on, through the
        encoder's last norm. Raises ModelFileError for an unknown embedding, one of another width, and a layer too far.
        """
        table: list[Tensor] = []
        read = chunks(list(self._pieces(text, vectors, table)), self.tokenizer.bos, self.tokenizer.eos)
        weights = torch.tensor([chunk.weights for chunk in read])[..., None]
        if (weights == 1).all():
            states = self._states(read, table, last_layer)
        else:
            empty = chunks([], self.tokenizer.bos, self.tokenizer.eos)
            *states_, nothing = self._states([*read, *empty], table, last_layer)
            states = torch.stack(states_)
            states = torch.where(weights == 1, states, nothing + (states - nothing) * weights)
        return states.reshape(1, -1, states.shape[-1]), None

    def read(self, text: str, vectors: Mapping[str, Tensor] = NO_VECTORS) -> list[Chunk]:
        """Return a prompt in chunks of 77 tokens, as `encode` reads it; embeddings get ids beyond the vocabulary's."""
        return chunks(list(self._pieces(text, vectors, [])), self.tokenizer.bos, self.tokenizer.eos)

    def chunks(self, text: str) -> list[list[int]]:
        """Return the token ids of a prompt without embeddings in chunks of 77."""
        return [chunk.tokens for chunk in self.read(text)]

    def _pieces(self, text: str, vectors: Mapping[str, Tensor], table: list[Tensor]) -> Iterator[Piece]:
        """Turn a prompt into tokens; embeddings go into `table` and get numbers beyond those of the vocabulary."""
        for part in segments(text):
            for run in runs(part.text):
                rest = run
                if isinstance(run, Mention):
                    name = self._known(run, vectors)
                    first = self.tokenizer.size + sum(map(len, table))
                    table.append(vectors[name])
                    yield Piece(range(first, first + len(vectors[name])), part.weight)
                    rest = run.spellings[0].removeprefix(name)
                words = self.tokenizer.words(str(rest))
                yield Piece([token for word in words for token in word], part.weight)

    def _known(self, mention: Mention, vectors: Mapping[str, Tensor]) -> str:
        for name in mention.spellings:
            if name in vectors:
                if vectors[name].shape[1:] != (self.width,):
                    raise ModelFileError(
                        f"the embedding {name!r} is {vectors[name].shape[-1]} numbers wide, "
                        f"and the text encoder reads {self.width}: it was made for another model"
                    )
                return name
        raise ModelFileError(f"the embedding {mention.spellings[-1]!r} was not given")

    def _states(self, read: list[Chunk], table: list[Tensor], last_layer: int) -> Tensor:
        """Return the states of chunks, (chunks, 77, width) float32 on the CPU."""
        ids = torch.tensor([chunk.tokens for chunk in read], device=self.device)
        own = self._words
        known = {self._words_name: torch.cat([own, *(rows.to(own) for rows in table)])} if table else {}
        with self._reading, self.in_use(ids.numel()):  # reading with other words changes the module meanwhile
            answer = torch.func.functional_call(
                self.module, known, (), {"input_ids": ids, "output_hidden_states": last_layer != -1}
            )
            states: Tensor = answer.last_hidden_state
            if last_layer != -1:
                layers = len(answer.hidden_states) - 1
                if not 1 <= -last_layer <= layers:
                    raise ModelFileError(f"the text encoder has {layers} layers, so it cannot be read at {last_layer}")
                states = self._last_norm(answer.hidden_states[last_layer])
        return states.float().cpu()

    @property
    def _last_norm(self) -> nn.Module:
        name = next(name for name, _ in self.module.named_modules() if name.endswith("final_layer_norm"))
        return self.module.get_submodule(name)
