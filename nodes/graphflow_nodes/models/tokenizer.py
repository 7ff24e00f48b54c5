"""CLIP's tokenizer, from whichever source this machine has; never a wrong vocabulary in silence."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from graphflow_nodes.models.header import ModelFileError, read_header

BOS: Final = "<|startoftext|>"
EOS: Final = "<|endoftext|>"
END: Final = "</w>"
CLIP_SIZE: Final = 49_408
SPLIT: Final = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"  # Radford et al. 2021, their tokenizer
HUB_NAMES: Final = ("models--openai--clip-vit-large-patch14", "models--stable-diffusion-v1-5--stable-diffusion-v1-5")
CARRIED: Final = "graphflow.tokenizer"
"""The metadata of a single file that carries its own vocabulary: the texts of vocab.json and merges.txt by name."""
FILES: Final = ("vocab.json", "merges.txt")
WAYS: Final = (
    "this checkpoint brings no tokenizer, and without the right one every word would be unknown. Any of these mends it: "
    "put CLIP's vocab.json and merges.txt into a folder `tokenizer` beside the checkpoint; or install the package "
    "instant-clip-tokenizer (Python 3.12 and older) or open_clip_torch, which carry CLIP's vocabulary"
)

Words = list[list[int]]


class Tokenizer:
    """Turn a text into words, and each word into its token ids; `spell` says what a token stands for.

    A spelling ends in a space where a word ends. What is not a whole letter, such as one of the bytes of an emoji,
    shows the replacement character.
    """

    def __init__(self, words: Callable[[str], Words], size: int, spell: Callable[[int], str]) -> None:
        self.words = words
        self.size = size
        self.spell = spell
        self.bos, self.eos = size - 2, size - 1  # in CLIP's order, which `from_files` checks


def find_tokenizer(checkpoint: Path, size: int) -> Tokenizer:
    """Return the tokenizer of a checkpoint with `size` token embeddings; raise ModelFileError naming the ways out.

    Looks in the diffusers folder, or in the single file and beside it, then, for CLIP's own vocabulary, in the local
    hub cache and in installed packages. A vocabulary of another size is never taken.
    """
    if (carried := _carried(checkpoint)) is not None:
        return _read(*carried, size, checkpoint.name)
    for folder in _folders(checkpoint):
        if all((folder / name).is_file() for name in FILES):
            return from_files(folder / "vocab.json", folder / "merges.txt", size)
    if size == CLIP_SIZE:
        for found in (_from_package, _from_open_clip):
            if (tokenizer := found()) is not None:
                return tokenizer
    raise ModelFileError(WAYS if size == CLIP_SIZE else f"{WAYS} (this one needs its own vocabulary of {size} tokens)")


def from_files(vocabulary: Path, merges: Path, size: int) -> Tokenizer:
    """Build from vocab.json and merges.txt; raise ModelFileError when they do not fit each other or the model."""
    try:
        texts = vocabulary.read_text(encoding="utf-8"), merges.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ModelFileError(f"the tokenizer in {vocabulary.parent} cannot be read: {error}") from error
    return _read(*texts, size, str(vocabulary.parent))


def carried_files(checkpoint: Path) -> dict[str, str]:
    """Return the texts of the tokenizer that a checkpoint brings, by file name; raise ModelFileError without one."""
    if (carried := _carried(checkpoint)) is not None:
        return dict(zip(FILES, carried, strict=True))
    for folder in _folders(checkpoint):
        if all((folder / name).is_file() for name in FILES):
            return {name: (folder / name).read_text(encoding="utf-8") for name in FILES}
    raise ModelFileError(WAYS)


def _carried(checkpoint: Path) -> tuple[str, str] | None:
    """Return vocabulary and merges that a single file carries in its header."""
    if not checkpoint.is_file():
        return None
    text = read_header(checkpoint).metadata.get(CARRIED)
    if text is None:
        return None
    try:
        files = json.loads(text)
        return str(files["vocab.json"]), str(files["merges.txt"])
    except (ValueError, KeyError, TypeError) as error:
        raise ModelFileError(f"the tokenizer that {checkpoint.name} carries is damaged: {error}") from error


def _read(vocabulary: str, merges: str, size: int, where: str) -> Tokenizer:
    try:
        ids = json.loads(vocabulary)
        lines = [line for line in merges.splitlines() if line and not line.startswith("#v")]
        pairs = [(left, right) for left, right in (line.split() for line in lines)]
    except ValueError as error:
        raise ModelFileError(f"the tokenizer in {where} cannot be read: {error}") from error
    return _build(ids, pairs, size, where)


def _build(ids: Any, pairs: list[tuple[str, str]], size: int, where: str) -> Tokenizer:
    from tokenizers import Regex, normalizers, pre_tokenizers
    from tokenizers import Tokenizer as Engine
    from tokenizers.models import BPE

    if not isinstance(ids, dict) or ids.get(BOS) != size - 2 or ids.get(EOS) != size - 1:
        raise ModelFileError(
            f"the vocabulary in {where} is not that of the text encoder, which knows {size} tokens, "
            f"the last two {BOS} and {EOS}"
        )
    try:
        engine = Engine(BPE(ids, pairs, unk_token=EOS, end_of_word_suffix=END, continuing_subword_prefix=""))
    except Exception as error:
        raise ModelFileError(f"the tokenizer in {where} is damaged: {error}") from error
    engine.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    engine.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )

    def words(text: str) -> Words:
        encoding = engine.encode(text, add_special_tokens=False)
        return _grouped(encoding.ids, encoding.word_ids)

    return Tokenizer(words, size, lambda token: spelled(engine.id_to_token(token) or ""))


def _grouped(ids: Sequence[int], numbers: Sequence[int | None]) -> Words:
    words: Words = []
    last: int | None = None
    for token, number in zip(ids, numbers, strict=True):
        if not words or number != last:
            words.append([])
        words[-1].append(token)
        last = number
    return words


def _folders(checkpoint: Path) -> Iterator[Path]:
    """Yield where a checkpoint's own tokenizer may lie, nearest first, then the local hub cache."""
    if checkpoint.is_dir():
        yield checkpoint / "tokenizer"
        return  # a diffusers folder is complete, or damaged
    yield checkpoint.with_suffix("") / "tokenizer"
    yield checkpoint.parent / "tokenizer"
    yield checkpoint.parent.parent / "tokenizer"
    cache = Path(os.environ.get("HF_HUB_CACHE") or Path(os.environ.get("HF_HOME") or "~/.cache/huggingface") / "hub")
    for name in HUB_NAMES:
        for snapshot in sorted((cache.expanduser() / name / "snapshots").glob("*")):
            yield snapshot
            yield snapshot / "tokenizer"


def _from_package() -> Tokenizer | None:
    try:
        from instant_clip_tokenizer import Tokenizer as Engine  # type: ignore[import-untyped,import-not-found,unused-ignore]  # optional
    except ImportError:
        return None
    engine = Engine()
    return Tokenizer(
        lambda text: [[int(token)] for token in engine.encode(text)], CLIP_SIZE, lambda token: engine.decode([token])
    )


def _from_open_clip() -> Tokenizer | None:
    """Build from the merges that open_clip carries: CLIP's vocabulary is the bytes, the merges, and two marks."""
    spec = importlib.util.find_spec("open_clip")
    path = None if spec is None or spec.origin is None else Path(spec.origin).parent / "bpe_simple_vocab_16e6.txt.gz"
    if path is None or not path.is_file():
        return None
    lines = gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()[1 : CLIP_SIZE - 512 - 2 + 1]
    pairs = [(left, right) for left, right in (line.split() for line in lines)]
    alphabet = byte_alphabet()
    signs = [*alphabet, *(sign + END for sign in alphabet), *("".join(pair) for pair in pairs), BOS, EOS]
    return _build({sign: number for number, sign in enumerate(signs)}, pairs, CLIP_SIZE, str(path))


def byte_alphabet() -> list[str]:
    """Return CLIP's printable stand-ins for the 256 bytes, in CLIP's order: first the bytes that print themselves."""
    return list(_stand_ins())


def spelled(sign: str) -> str:
    """Return the text of a vocabulary's sign, with a space where it ends a word."""
    stand_ins = _stand_ins()
    letters = sign.removesuffix(END)
    text = bytes(stand_ins[letter] for letter in letters if letter in stand_ins).decode("utf-8", errors="replace")
    return text + " " * sign.endswith(END)


def _stand_ins() -> dict[str, int]:
    """Return the byte of each stand-in, in CLIP's order."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    hidden = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + place): byte for place, byte in enumerate(hidden)}
