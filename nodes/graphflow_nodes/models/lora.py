"""LoRA files: which layers they change, by how much, and what kinds of change there are.

A file names layers by stems, and says of each what is added to its weight W at strength s: W + s * (alpha / rank) * D.
D is up @ down (Hu et al. 2022), a product of two such, place by place (LoHa: Hyeon-Woo et al. 2022), a Kronecker product
(LoKr: Yeh et al. 2024), or stated in full. With a length per row or column the sum is brought to it (DoRA: Liu et al.
2024).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graphflow.api import Facts
from graphflow_nodes.models.header import Header, ModelFileError, read_header
from graphflow_nodes.models.inspect import REFUSED, WIDTHS

if TYPE_CHECKING:
    from torch import Tensor

ENDS: Final[Mapping[str, str]] = {
    ".lora_down.weight": "down",
    ".lora_up.weight": "up",
    ".lora_mid.weight": "mid",
    ".lora_A.weight": "down",
    ".lora_B.weight": "up",
    ".lora_A.default.weight": "down",
    ".lora_B.default.weight": "up",
    ".lora.down.weight": "down",
    ".lora.up.weight": "up",
    ".lora_linear_layer.down.weight": "down",
    ".lora_linear_layer.up.weight": "up",
    "_lora.down.weight": "down",
    "_lora.up.weight": "up",
    ".alpha": "alpha",
    ".dora_scale": "length",
    ".lora_magnitude_vector": "length",
    ".lora_magnitude_vector.weight": "length",
    ".diff": "whole",
    ".diff_b": "bias",
    ".w_norm": "whole",
    ".b_norm": "bias",
    **{f".hada_{name}": f"hada_{name}" for name in ("w1_a", "w1_b", "w2_a", "w2_b", "t1", "t2")},
    **{f".lokr_{name}": f"lokr_{name}" for name in ("w1", "w1_a", "w1_b", "w2", "w2_a", "w2_b", "t2")},
}
"""How the names of tensors end, in files of every trainer, and what these tensors are."""

TEXT_STEMS: Final = ("lora_te_", "lora_te1_", "text_encoder.")
"""How stems begin that belong to the text encoder; all others belong to the network."""

FOREIGN: Final = (
    ("lora_te2_", "SDXL"),
    ("text_encoder_2.", "SDXL"),
    ("double_blocks", "Flux"),
    ("single_transformer_blocks", "Flux"),
    ("joint_blocks", "Stable Diffusion 3"),
    ("lora_transformer_", "another family"),
    ("transformer.", "another family"),
    ("diffusion_model.blocks.", "a video model"),
    ("lora_unet_blocks_", "another family"),
)
"""What in a stem gives a family away that the pack cannot run."""

LISTENS: Final = (
    "attn2_to_k",
    "attn2.to_k",
    "attn2_to_v",
    "attn2.to_v",
    "attn2.processor.to_k",
    "attn2.processor.to_v",
)
"""The layers that read text states, whose width tells which models fit."""

Change = Mapping[str, "Tensor"]
"""What a file says of one layer: tensors by the names on the right of `ENDS`."""


def inspect_lora(path: Path) -> Facts:
    """Return what is known of a LoRA file: `family`, `context_width`, `rank`, `changes`; raise ModelFileError."""
    if path.suffix.lower() in REFUSED:
        raise ModelFileError(f"{path.name}: {REFUSED[path.suffix.lower()]}")
    header = read_header(path)
    stems = {stem: names for stem, names in _stems(header.shapes).items() if names.keys() - {"alpha"}}
    if not stems:
        raise ModelFileError(f"{path.name} is no LoRA: {_instead(header)}")
    _check_supported(path, header, stems)
    text = sum(stem.startswith(TEXT_STEMS) for stem in stems)
    changes = [what for what, count in (("model", len(stems) - text), ("clip", text)) if count]
    facts: dict[str, str | int] = {"family": "sd15", "changes": " and ".join(changes)}
    downs = [header.shapes[names["down"]] for names in stems.values() if "down" in names]
    if any(len(shape) < 2 for shape in downs):
        raise ModelFileError(f"{path.name} is damaged: one of its matrices has fewer than two sides")
    if downs:
        facts["rank"] = max(shape[0] for shape in downs)
    width = _context_width(header, stems)
    if width is not None:
        if width in WIDTHS:
            raise ModelFileError(f"{path.name} is a LoRA for {WIDTHS[width]}, which is not supported")
        facts["context_width"] = width
    return facts


def _check_supported(path: Path, header: Header, stems: Iterable[str]) -> None:
    for part, family in FOREIGN:
        if any(part in stem for stem in stems):
            raise ModelFileError(f"{path.name} is a LoRA for {family}, which is not supported")
    unread = sorted(name for name in header.shapes if not name.endswith(tuple(ENDS)))
    if unread:
        raise ModelFileError(f"{path.name} changes weights in a way that is not supported: {unread[0]}")


def changes_text(path: Path) -> bool:
    """Say whether a file changes the text encoder."""
    return any(stem.startswith(TEXT_STEMS) for stem in _stems(read_header(path).shapes))


def changes_network(path: Path) -> bool:
    """Say whether a file changes the network."""
    return any(not stem.startswith(TEXT_STEMS) for stem in _stems(read_header(path).shapes))


def read_changes(path: Path, *, text: bool) -> dict[str, dict[str, Tensor]]:
    """Return what a file says of the text encoder's layers, or of the network's, by stem; raise ModelFileError."""
    from safetensors import safe_open

    stems = _stems(read_header(path).shapes)
    with safe_open(path, framework="pt") as file:
        return {
            stem: {what: file.get_tensor(name).float() for what, name in names.items()}
            for stem, names in stems.items()
            if stem.startswith(TEXT_STEMS) == text
        }


def _stems(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Sort the names of tensors by the layer that they belong to, leaving out those that end in no known way."""
    stems: dict[str, dict[str, str]] = defaultdict(dict)
    for name in names:
        end = max((end for end in ENDS if name.endswith(end)), key=len, default=None)
        if end is not None:
            stems[name.removesuffix(end)][ENDS[end]] = name
    return dict(stems)


def _context_width(header: Header, stems: Mapping[str, Mapping[str, str]]) -> int | None:
    for stem, names in stems.items():
        if "down" in names and stem.endswith(LISTENS):
            return header.shapes[names["down"]][1]
    return None


def _instead(header: Header) -> str:
    if any(name.startswith(("model.diffusion_model.", "first_stage_model.")) for name in header.shapes):
        return "it is a whole checkpoint, which belongs in the folder checkpoints"
    return f"its tensors are named {', '.join(sorted(header.shapes)[:3]) or 'nothing'}"
