"""A prompt as the text encoder reads it: pieces of words, their ids and weights."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, NamedTuple

from graphflow.api import SILENT, Context, Multiline, NodeError, Text, node
from graphflow_nodes.conditioning.encode import NAMED
from graphflow_nodes.look.token_sheet import paint_tokens
from graphflow_nodes.values import Clip, Image

if TYPE_CHECKING:
    from graphflow_nodes.models.text import Chunk
    from graphflow_nodes.models.tokenizer import Tokenizer


class Tokenised(NamedTuple):
    """A prompt's tokens as a picture, as JSON, and how many there are."""

    figure: Image
    json: str
    total: int


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its place among the 77 of its chunk, its id, what it stands for, and how strongly it counts."""

    position: int
    id: int
    text: str
    ends_word: bool
    weight: float


@node("Tokens", category="look")
def tokens(text: Annotated[str, Multiline(), NAMED], clip: Clip, *, ctx: Context = SILENT) -> Tokenised:
    """Show the tokens that a text encoder makes of a prompt: byte pairs (Sennrich et al. 2016) of CLIP's kind.

    The picture has a box for each token: the piece of text that it stands for, its id below, and its weight where
    that is not 1; colours tell words apart, and each vector of an embedding has a box too. A chunk is what the encoder
    reads at once: a start mark, up to 75 tokens, and end marks up to 77. `json` says the same for programs; `total`
    leaves the marks out.
    """
    from graphflow_nodes.models.embeddings import load_embedding
    from graphflow_nodes.models.header import ModelFileError
    from graphflow_nodes.models.pool import ModelPool

    encoder = ctx.use(ModelPool).clip(clip.recipe)
    named = text.files if isinstance(text, Text) else {}
    try:
        vectors = {name: load_embedding(file.path) for name, file in named.items()}
        chunks = [tokens_of(chunk, encoder.tokenizer) for chunk in encoder.read(text, vectors)]
    except ModelFileError as error:
        raise NodeError(str(error), code="model-unfit", input="text") from error
    data = {"text": text, "chunks": [[asdict(token) for token in chunk] for chunk in chunks]}
    picture = paint_tokens(chunks, start=encoder.tokenizer.bos, end=encoder.tokenizer.eos)
    return Tokenised(Image(picture), json.dumps(data, ensure_ascii=False, indent=2), sum(map(len, chunks)))


def tokens_of(chunk: Chunk, tokenizer: Tokenizer) -> list[Token]:
    """Return the tokens between a chunk's marks."""
    last = len(chunk.tokens) - 1
    while last and chunk.tokens[last] == tokenizer.eos:
        last -= 1
    found = []
    for position in range(1, last + 1):
        token = chunk.tokens[position]
        text = tokenizer.spell(token) if token < tokenizer.size else "embedding "
        found.append(Token(position, token, text.strip(), text.endswith(" "), chunk.weights[position]))
    return found
