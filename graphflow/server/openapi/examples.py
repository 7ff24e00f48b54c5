"""Examples for the OpenAPI document, by the name of the model; a test holds each to its schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_ID = "019aa5b1c2d38f0e4b6a7c91"
_PICTURE = {
    "sha256": _SHA256,
    "media_type": "image/png",
    "name": "txt2img_00001_.png",
    "size": 81_243,
    "width": 256,
    "height": 256,
}
_GRAPH = {
    "format": "graphflow/1",
    "nodes": {
        "checkpoint": {"type": "LoadCheckpoint", "inputs": {"ckpt_name": "graphflow-tiny"}},
        "positive": {
            "type": "CLIPEncode",
            "inputs": {"clip": {"node": "checkpoint", "output": "clip"}, "text": "a meadow with a red house"},
        },
        "negative": {"type": "CLIPEncode", "inputs": {"clip": {"node": "checkpoint", "output": "clip"}, "text": ""}},
        "latent": {"type": "EmptyLatent", "inputs": {"width": 256, "height": 256}},
        "sampler": {
            "type": "KSampler",
            "inputs": {
                "model": {"node": "checkpoint", "output": "model"},
                "positive": {"node": "positive", "output": "out"},
                "negative": {"node": "negative", "output": "out"},
                "latent_image": {"node": "latent", "output": "out"},
                "seed": 7,
                "steps": 12,
            },
        },
        "decode": {
            "type": "VAEDecode",
            "inputs": {
                "samples": {"node": "sampler", "output": "out"},
                "vae": {"node": "checkpoint", "output": "vae"},
            },
        },
        "save": {"type": "SaveImage", "inputs": {"images": {"node": "decode", "output": "out"}}},
    },
}
_PROBLEM = {
    "code": "unknown-choice",
    "message": 'sampler_name must be one of euler, heun; got "eulr"',
    "node": "sampler",
    "input": "sampler_name",
    "hint": "did you mean 'euler'?",
}

EXAMPLES: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "SubmitJob": (
        {"workflow": "txt2img", "inputs": {"prompt": "a meadow with a red house", "seed": 7}},
        {"workflow": "img2img", "inputs": {"image": {"artifact": _SHA256}, "prompt": "the same in winter"}},
        {"workflow": _GRAPH, "priority": 10, "labels": ["try"]},
    ),
    "JobTicket": ({"id": _ID, "state": "queued"},),
    "OutputFile": (_PICTURE,),
    "Job": (
        {
            "id": _ID,
            "state": "done",
            "client": "owner",
            "name": "Text to image",
            "priority": 0,
            "labels": [],
            "created": 1_780_000_000.0,
            "started": 1_780_000_000.2,
            "finished": 1_780_000_003.9,
            "attempt": 1,
            "cancelling": False,
            "position": None,
            "progress": None,
            "problem": None,
            "outputs": {"images": [_PICTURE], "seed": {"value": 7, "type": "INT"}},
        },
    ),
    "ProblemList": ({"problems": [_PROBLEM]},),
    "ProblemItem": (_PROBLEM,),
}
