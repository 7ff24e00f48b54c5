"""Draw the gallery: run every shipped workflow on the default model, and write docs/gallery.md with its pictures.

`make gallery` (or `python docs/gallery.py [WORKFLOW ...]` for some of them).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image, ImageOps

from graphflow.document import Workflow, parse
from graphflow.engine import Engine

ROOT = Path(__file__).parents[1]
WORKFLOWS = ROOT / "workflows"
PICTURES = ROOT / "docs" / "images" / "gallery"
PAGE = ROOT / "docs" / "gallery.md"
CARDS = WORKFLOWS / "pictures"
"""Small pictures that the editor shows beside the templates; they ship with them."""
CARD = (320, 172)
"""Their size in pixels, in the shape of the editor's cards."""
CARD_BYTES = 20_000

SECTIONS = {
    "Make a picture": ("txt2img", "lms-51-steps", "seeds-batch", "hires-fix", "upscale", "lora", "few-steps"),
    "Change a picture": ("img2img", "inpaint", "inpaint-model", "outpaint", "diffedit"),
    "Say where and when": ("area-composition", "masked-prompts", "prompt-schedule", "mask-only", "controlnet"),
    "Compare": ("cfg-sweep", "strength-sweep", "sampler-comparison"),
    "Look inside": (
        "plot-schedule",
        "add-noise",
        "denoise-once",
        "sample-steps",
        "guidance-vectors",
        "classifier-guidance",
        "latent-channels",
        "vae-round-trip",
        "tokens",
    ),
    "Score": ("clip-similarity", "inception-score", "frechet-distance"),
    "Train": ("train-step", "train-a-model"),
}
"""Every shipped workflow, in the order in which one would show them; a test holds that none is forgotten."""

SHOWN = 256
"""Smaller pictures are enlarged without smoothing until their longer side reaches this many pixels."""
MOST = 4
"""Pictures of one run that are shown, side by side."""

INTRO = """# Gallery

Every workflow that ships, with what it makes of the default model, without any download. Run one by its name:

```bash
graphflow run txt2img --set prompt="a meadow with mountains and a sun" --set seed=7
```

The default model was trained on drawn toy pictures of 64 x 64 pixels ([model card](model-card.md)); they are enlarged here. With another checkpoint
(`--set checkpoint=NAME`) the same workflows make that model's pictures. This page and its pictures are written by `make gallery`.
"""


def main(names: Sequence[str]) -> None:
    """Draw the named workflows, by default all, and write the page."""
    for name in names or list(shipped()):
        draw(name)
    PAGE.write_text(page(), encoding="utf-8")


def shipped() -> Iterator[str]:
    """Yield the names of the workflows in the order of the page."""
    for names in SECTIONS.values():
        yield from names


def draw(name: str) -> None:
    """Run a workflow with its own inputs and save what it made as one picture."""
    with tempfile.TemporaryDirectory() as home, Engine(home, device="cpu", caching=False) as engine:
        results = engine.run(load(name))
        files = [Path(each.path) for each in results.artifacts if each.media_type == "image/png"]
        if not files:
            raise SystemExit(f"{name} makes no picture")
        pictures = [enlarged(Image.open(file).convert("RGB")) for file in files[:MOST]]
    PICTURES.mkdir(parents=True, exist_ok=True)
    side_by_side(pictures).save(PICTURES / f"{name}.png", optimize=True)
    print(PICTURES / f"{name}.png")
    draw_card(name)


def draw_card(name: str) -> None:
    """Cut the middle of a workflow's picture to the shape of a card, with as many colours as the bytes allow."""
    CARDS.mkdir(parents=True, exist_ok=True)
    whole = Image.open(PICTURES / f"{name}.png").convert("RGB")
    middle = ImageOps.fit(whole, CARD, Image.Resampling.LANCZOS)
    file = CARDS / f"{name}.png"
    for colours in (256, 128, 64, 32, 16):
        middle.quantize(colours, dither=Image.Dither.NONE).save(file, optimize=True)
        if file.stat().st_size <= CARD_BYTES:
            return
    raise SystemExit(f"the picture of {name} does not fit into {CARD_BYTES} bytes")


def page() -> str:
    """Write the page from what the workflows say of themselves."""
    parts = [INTRO]
    for title, names in SECTIONS.items():
        parts.append(f"## {title}\n")
        parts.extend(entry(name, load(name)) for name in names)
    return "\n".join(parts)


def entry(name: str, workflow: Workflow) -> str:
    """Write what the page says of one workflow."""
    inputs = ", ".join(f"`{each}`" for each in workflow.inputs)
    takes = f" Takes {inputs}." if inputs else ""
    return (
        f"### {workflow.name}\n\n{workflow.description}\n\n![{workflow.name}](images/gallery/{name}.png)\n\n"
        f"`graphflow run {name}`.{takes}\n"
    )


def load(name: str) -> Workflow:
    """Read a shipped workflow."""
    return parse((WORKFLOWS / f"{name}.json").read_text(encoding="utf-8"))


def enlarged(picture: Image.Image) -> Image.Image:
    """Enlarge a small picture by a whole factor, each pixel a square."""
    factor = max(1, SHOWN // max(picture.size))
    return picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.NEAREST)


def side_by_side(pictures: Sequence[Image.Image], gap: int = 8) -> Image.Image:
    """Lay pictures out in a row on white."""
    width = sum(each.width for each in pictures) + gap * (len(pictures) - 1)
    row = Image.new("RGB", (width, max(each.height for each in pictures)), "white")
    left = 0
    for each in pictures:
        row.paste(each, (left, 0))
        left += each.width + gap
    return row


if __name__ == "__main__":
    main(sys.argv[1:])
