from __future__ import annotations

import subprocess
import sys

from graphflow_nodes.diffusion.samplers import SAMPLERS
from graphflow_nodes.diffusion.schedules import SCHEDULES
from graphflow_nodes.sampling_names import SAMPLER_NAMES, SCHEDULE_NAMES


def test_the_names_that_nodes_offer_are_the_registries() -> None:
    assert tuple(SAMPLERS) == SAMPLER_NAMES
    assert tuple(SCHEDULES) == SCHEDULE_NAMES


def test_the_names_load_without_torch() -> None:
    code = "import sys; sys.modules['torch'] = None; from graphflow_nodes.sampling_names import SAMPLER_NAMES"

    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": "nodes"})
