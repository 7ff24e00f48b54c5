"""Byte pair encoding as CLIP does it, learnt from the world's captions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

BOS, EOS = "<|startoftext|>", "<|endoftext|>"
END = "</w>"


def byte_alphabet() -> list[str]:
    """Give CLIP's printable stand-ins for the 256 bytes, in CLIP's order."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    hidden = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + place) for place in range(len(hidden))]


def learn_merges(
    texts: Iterable[str], limit: int = 2000, begin: Sequence[tuple[str, str]] = ()
) -> list[tuple[str, str]]:
    """Merge the most frequent neighbours until every word is one token; Sennrich et al. 2016, algorithm 1.

    Goes on behind the merges `begin`: words that these make whole keep their tokens.

    Ties go to the pair that sorts first, so the result depends on the texts alone. Captions are ASCII words, commas
    and hyphens, for which CLIP's split is: runs of letters, and runs of other signs. Where another sign ends a word, as
    in "please!", some pairs are learnt with it that CLIP's split never meets.
    """
    counts = Counter(word for text in texts for word in text.replace(",", " ,").replace("-", " - ").split())
    words = {(*word[:-1], word[-1] + END): count for word, count in counts.items()}
    merges = list(begin)
    for pair in begin:
        words = {_merged(word, pair): count for word, count in words.items()}
    while len(merges) < limit:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, count in words.items():
            for pair in pairwise(word):
                pairs[pair] += count
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        words = {_merged(word, best): count for word, count in words.items()}
    return merges


def _merged(word: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    out: list[str] = []
    for part in word:
        if out and (out[-1], part) == pair:
            out[-1] += part
        else:
            out.append(part)
    return tuple(out)


def read_merges(folder: Path) -> list[tuple[str, str]]:
    """Read the merges that `write_tokenizer` wrote into a folder, in their order."""
    lines = (folder / "merges.txt").read_text(encoding="utf-8").splitlines()[1:]
    return [(left, right) for left, right in (line.split(" ") for line in lines if line)]


def write_tokenizer(folder: Path, merges: list[tuple[str, str]]) -> None:
    """Write vocab.json, merges.txt and the configs that `CLIPTokenizer.from_pretrained` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    alphabet = byte_alphabet()
    words = [*alphabet, *(sign + END for sign in alphabet), *("".join(pair) for pair in merges), BOS, EOS]
    vocabulary = {word: place for place, word in enumerate(dict.fromkeys(words))}
    config = {
        "tokenizer_class": "CLIPTokenizer",
        "model_max_length": 77,
        "bos_token": BOS,
        "eos_token": EOS,
        "pad_token": EOS,
        "unk_token": EOS,
        "do_lower_case": True,
        "errors": "replace",
    }
    special = {name: config[name] for name in ("bos_token", "eos_token", "pad_token", "unk_token")}
    lines = ["#version: 0.2", *(f"{left} {right}" for left, right in merges)]
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    (folder / "special_tokens_map.json").write_text(json.dumps(special, indent=2) + "\n", encoding="utf-8")
