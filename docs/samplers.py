"""Write docs/samplers.md: the tables of samplers and schedules from their registries, and a sheet of both.

`python docs/samplers.py` writes the page; `python docs/samplers.py sheet` draws the sheet anew as well, which takes
some minutes.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from graphflow.api import File
from graphflow_nodes.conditioning.encode import clip_encode
from graphflow_nodes.diffusion.samplers import SAMPLERS, Sampler
from graphflow_nodes.diffusion.schedules import SCHEDULES
from graphflow_nodes.latent.vae import empty_latent, vae_decode
from graphflow_nodes.loaders import load_checkpoint
from graphflow_nodes.sampling.ksampler import ksampler
from graphflow_tiny import MODEL_ROOTS

DOCS = Path(__file__).parent
PAGE, SHEET = DOCS / "samplers.md", DOCS / "images" / "samplers.png"
PROMPT, SEED, STEPS, CFG = "a red house at night", 8, 20, 3.0
CELL, MARGIN, HEAD = 64, 132, 20

INTRO = f"""# Samplers and schedules

A *schedule* says at which noise levels the network is asked, a *sampler* how to get from one level to the next. Both
have ComfyUI's names and formulas. This page is written by `python docs/samplers.py` from the registries in
`graphflow_nodes/diffusion`; what it states is tested in `tests/diffusion`.

![Rows are samplers, columns schedules](images/samplers.png)

*{PROMPT}*: one seed, {STEPS} steps, CFG {CFG:g}, the default model. What differs is the sampler and the schedule alone.

## Samplers
"""

READING = """
- **order**: n times as many steps make the error n to the power of the order times smaller, once steps are short. It
  is the error of the picture, and for samplers with noise that of the variance of what they make.
- **asks**: how often a step asks the network, in brackets the last steps of a schedule that ends in zero. Guidance
  asks twice in one forward.
- **noise**: those that add noise on the way make another picture than the others of the same seed. All noise of a seed
  lies on one Brownian path: with more steps the picture is refined rather than replaced, and the parts of a run that
  is cut in two (KSamplerAdvanced) take the noise of the whole. Items of a batch have a path each.
- dpm_2, dpm_2_ancestral, uni_pc and uni_pc_bh2 leave out the last level above zero, as in ComfyUI.

## Schedules
"""

REFERENCES = """
T is the number of trained levels (1000), n the number of steps, i counts them from 0.

## References

- Chung et al. 2024: CFG++, [arXiv 2406.08070](https://arxiv.org/abs/2406.08070)
- Ho et al. 2020: Denoising diffusion probabilistic models, [arXiv 2006.11239](https://arxiv.org/abs/2006.11239)
- Karras et al. 2022: Elucidating the design space, [arXiv 2206.00364](https://arxiv.org/abs/2206.00364)
- Lee et al. 2024: Beta sampling is all you need, [arXiv 2407.12173](https://arxiv.org/abs/2407.12173)
- Lin et al. 2024: Common noise schedules are flawed, [arXiv 2305.08891](https://arxiv.org/abs/2305.08891)
- Liu et al. 2022: Pseudo numerical methods, [arXiv 2202.09778](https://arxiv.org/abs/2202.09778)
- Lu et al. 2022, 2022a: DPM-Solver, [arXiv 2206.00927](https://arxiv.org/abs/2206.00927)
- Lu et al. 2022b: DPM-Solver++, [arXiv 2211.01095](https://arxiv.org/abs/2211.01095)
- Luo et al. 2023: Latent consistency models, [arXiv 2310.04378](https://arxiv.org/abs/2310.04378)
- Podell et al. 2023: SDXL, [arXiv 2307.01952](https://arxiv.org/abs/2307.01952)
- Polyak et al. 2024: Movie Gen, [arXiv 2410.13720](https://arxiv.org/abs/2410.13720)
- Sabour et al. 2024: Align your steps, [arXiv 2404.14507](https://arxiv.org/abs/2404.14507)
- Song et al. 2021: Denoising diffusion implicit models, [arXiv 2010.02502](https://arxiv.org/abs/2010.02502)
- Song et al. 2021b: Score-based models by SDEs, [arXiv 2011.13456](https://arxiv.org/abs/2011.13456)
- Song et al. 2023: Consistency models, [arXiv 2303.01469](https://arxiv.org/abs/2303.01469)
- Zhang and Chen 2023: DEIS, [arXiv 2204.13902](https://arxiv.org/abs/2204.13902)
- Zhao et al. 2023: UniPC, [arXiv 2302.04867](https://arxiv.org/abs/2302.04867)
"""


def page() -> str:
    """Return the page as the registries say."""
    return INTRO + "\n" + samplers() + READING + "\n" + schedules() + REFERENCES


def samplers() -> str:
    """Return the table of samplers."""
    rows = [
        (
            f"`{name}`",
            "–" if sampler.order is None else str(sampler.order),
            asks(sampler),
            "yes" if sampler.stochastic else "",
            what(sampler),
            sampler.source,
        )
        for name, sampler in SAMPLERS.items()
    ]
    return table(("name", "order", "asks", "noise", "what a step does", "source"), rows)


def asks(sampler: Sampler) -> str:
    """Say how often a sampler asks in a step, and in the last ones of a schedule that ends in zero."""
    if sampler.evaluations is None:
        return "as needed"
    last = ", ".join(map(str, sampler.at_zero))
    return f"{sampler.evaluations} ({last})" if last else str(sampler.evaluations)


def what(sampler: Sampler) -> str:
    """Say what a sampler does: the first sentence of its function, or whose equal it is, and what to know."""
    if sampler.same_as is not None:
        return f"**Same as `{sampler.same_as.name}`**: {sampler.same_as.because}."
    said = (inspect.getdoc(sampler.method) or "").split("\n\n")[0].replace("\n", " ")
    return f"{said} *{sampler.note[0].upper()}{sampler.note[1:]}.*" if sampler.note else said


def schedules() -> str:
    """Return the table of schedules."""
    rows = [(f"`{name}`", each.formula, each.note, each.source) for name, each in SCHEDULES.items()]
    return table(("name", "noise levels", "note", "source"), rows)


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def sheet() -> Image.Image:
    """Draw every sampler with every schedule on the default model."""
    path = MODEL_ROOTS["checkpoints"] / "graphflow-tiny"
    digest = sha256((path / "unet" / "diffusion_pytorch_model.safetensors").read_bytes()).hexdigest()
    model, clip, vae = load_checkpoint(File("graphflow-tiny", path, digest))
    positive, negative = (clip_encode(text, clip) for text in (PROMPT, ""))
    latent = empty_latent(width=CELL, height=CELL, batch_size=1)
    whole = Image.new("RGB", (MARGIN + CELL * len(SCHEDULES), HEAD + CELL * len(SAMPLERS)), "white")
    pen = ImageDraw.Draw(whole)
    for column, schedule in enumerate(SCHEDULES):
        pen.text((MARGIN + CELL * column + 2, 4), schedule.replace("linear_", "lin_"), fill="black", font_size=8)
    for row, sampler in enumerate(SAMPLERS):
        pen.text((6, HEAD + CELL * row + CELL // 2 - 6), sampler, fill="black", font_size=12)
        for column, schedule in enumerate(SCHEDULES):
            made = ksampler(
                model,
                seed=SEED,
                steps=STEPS,
                cfg=CFG,
                sampler_name=sampler,
                scheduler=schedule,
                positive=positive,
                negative=negative,
                latent_image=latent,
            )
            pixels = vae_decode(made, vae=vae).tensor[0].clamp(0, 1).numpy()
            cell = Image.fromarray((pixels * 255).round().astype(np.uint8))
            whole.paste(cell, (MARGIN + CELL * column, HEAD + CELL * row))
    return whole


if __name__ == "__main__":
    if "sheet" in sys.argv[1:]:
        sheet().save(SHEET, optimize=True)
    PAGE.write_text(page(), encoding="utf-8")
