from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HEAVY = ("torch", "diffusers", "transformers", "safetensors", "numpy", "PIL", "tokenizers")
LIST_NODES = f"""
import json, sys

class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {HEAVY!r}:
            raise ImportError(f"{{name}} is walled off")

sys.meta_path.insert(0, Wall())
from graphflow_nodes import NODES
print(json.dumps({{each.id: [[i.name, i.type_name] for i in each.inputs] for each in NODES}}))
"""


def test_nodes_and_their_schemas_are_known_without_torch() -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", LIST_NODES]

    done = subprocess.run(
        command, cwd=root, env={"PYTHONPATH": f"{root}:{root / 'nodes'}"}, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    nodes = json.loads(done.stdout)
    assert nodes["KSampler"][0] == ["model", "MODEL"]
    assert nodes["VAEDecode"] == [["samples", "LATENT"], ["vae", "VAE"]]
    assert ["ckpt_name", "FILE"] in nodes["LoadCheckpoint"]
