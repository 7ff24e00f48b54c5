"""The samplers by name, with what is known of each: docs/samplers.md is printed from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from graphflow_nodes.diffusion.samplers.asking import Same, Sampler
from graphflow_nodes.diffusion.samplers.dpm_solver import dpm_adaptive, dpm_fast
from graphflow_nodes.diffusion.samplers.euler import euler, euler_ancestral, euler_cfg_pp, lcm
from graphflow_nodes.diffusion.samplers.multistep import deis, dpmpp_2m, ipndm, lms
from graphflow_nodes.diffusion.samplers.sde import dpmpp_2m_sde, dpmpp_3m_sde, dpmpp_sde
from graphflow_nodes.diffusion.samplers.second_order import (
    dpm_2,
    dpm_2_ancestral,
    dpmpp_2s_ancestral,
    heun,
    heunpp2,
)
from graphflow_nodes.diffusion.samplers.unipc import uni_pc, uni_pc_bh2

_POSTERIOR = "in the coordinates x / sqrt(alpha_bar) the posterior of Ho et al. is the ancestral step with eta 1"
_DDIM = "in the coordinates x / sqrt(alpha_bar) the step of Song et al. with eta 0 is the Euler step"
_SLOPES_START = "starts with one slope, which bounds the order by 2 when the first steps are as long as the others"
_UNI_PC = "a predictor of order 3, raised by one by its corrector; the first and last steps are of lower order"

SAMPLERS: Final[Mapping[str, Sampler]] = {
    "euler": Sampler(euler, 1, "Karras et al. 2022, algorithm 1 without its correction"),
    "euler_cfg_pp": Sampler(
        euler_cfg_pp,
        1,
        "Chung et al. 2024, algorithm 2",
        reads_uncond=True,
        note="reads the unguided estimate, so it computes it at CFG 1 too; made for a CFG of about 1",
    ),
    "euler_ancestral": Sampler(euler_ancestral, 1, "Ho et al. 2020, equation 6", stochastic=True),
    "heun": Sampler(heun, 2, "Karras et al. 2022, algorithm 1", evaluations=2, at_zero=(1,)),
    "heunpp2": Sampler(
        heunpp2,
        1,
        "Heun++ as in ComfyUI",
        evaluations=3,
        at_zero=(2, 1),
        note="weighs slopes by noise level rather than by a quadrature rule",
    ),
    "dpm_2": Sampler(dpm_2, 2, "Lu et al. 2022a, algorithm 1", evaluations=2, at_zero=(1,), skips_penultimate=True),
    "dpm_2_ancestral": Sampler(
        dpm_2_ancestral,
        2,
        "Lu et al. 2022a, algorithm 1; Ho et al. 2020, equation 6",
        evaluations=2,
        at_zero=(1,),
        stochastic=True,
        skips_penultimate=True,
    ),
    "lms": Sampler(lms, 4, "Adams-Bashforth on an uneven grid, as in k-diffusion", note=_SLOPES_START),
    "dpm_fast": Sampler(
        dpm_fast,
        3,
        "Lu et al. 2022a, section 3.4",
        at_zero=(2,),
        note="places its own levels; its last step is of order 2 or 1, so the whole has order 3 for 5, 8, 11, ... steps",
    ),
    "dpm_adaptive": Sampler(
        dpm_adaptive,
        3,
        "Lu et al. 2022a, section 3.4 and appendix C",
        evaluations=None,
        note="places its own levels, as many as its tolerance asks for: the number of steps is not used",
    ),
    "dpmpp_2s_ancestral": Sampler(
        dpmpp_2s_ancestral,
        2,
        "Lu et al. 2022b, algorithm 1; Ho et al. 2020, equation 6",
        evaluations=2,
        at_zero=(1,),
        stochastic=True,
    ),
    "dpmpp_sde": Sampler(
        dpmpp_sde,
        2,
        "Lu et al. 2022b, algorithm 1, on the SDE of Song et al. 2021b",
        evaluations=2,
        at_zero=(1,),
        stochastic=True,
    ),
    "dpmpp_2m": Sampler(dpmpp_2m, 2, "Lu et al. 2022b, algorithm 2"),
    "dpmpp_2m_sde": Sampler(dpmpp_2m_sde, 2, "Lu et al. 2022b, section 5", stochastic=True),
    "dpmpp_3m_sde": Sampler(
        dpmpp_3m_sde,
        2,
        "Lu et al. 2022b, section 5, with three estimates as in k-diffusion",
        stochastic=True,
        note="order 3 without noise (eta 0), 2 with it; needs steps of like length: the long last ones of normal and "
        "ddim_uniform throw it off",
    ),
    "ddpm": Sampler(
        euler_ancestral,
        1,
        "Ho et al. 2020, algorithm 2",
        stochastic=True,
        same_as=Same("euler_ancestral", _POSTERIOR),
    ),
    "lcm": Sampler(
        lcm,
        None,
        "Song et al. 2023, algorithm 1; Luo et al. 2023",
        stochastic=True,
        note="for consistency models, whose estimate is the end of the flow; with others more steps do not converge to it",
    ),
    "ipndm": Sampler(
        ipndm,
        4,
        "Zhang and Chen 2023 (iPNDM); weights of Liu et al. 2022, equation 12",
        note="order 4 on levels evenly spaced in sigma, where it is lms; 2 on uneven ones",
    ),
    "deis": Sampler(deis, 3, "Zhang and Chen 2023, equation 15 (tAB)", note=_SLOPES_START),
    "ddim": Sampler(euler, 1, "Song et al. 2021, equation 12", same_as=Same("euler", _DDIM)),
    "uni_pc": Sampler(
        uni_pc, 4, "Zhao et al. 2023, algorithms 1 and 2, B(h) = h", skips_penultimate=True, note=_UNI_PC
    ),
    "uni_pc_bh2": Sampler(
        uni_pc_bh2, 4, "Zhao et al. 2023, algorithms 1 and 2, B(h) = exp(h) - 1", skips_penultimate=True, note=_UNI_PC
    ),
}
