"""What nodes that save files share: the rules of their names, and what a file says of its making."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from graphflow.api import Checked, Context, Facts, Problem, why_unsavable

MANIFEST = "graphflow.run"
"""The text in which a run says how it was made; a saving node adds what only it knows."""


def check_prefix(values: Mapping[str, Any], _facts: Mapping[str, Facts]) -> Checked:
    """Refuse a `filename_prefix` that would leave the output folder, or is no name at all, before anything runs.

    A prefix that comes along a link is judged by `ctx.save`.
    """
    prefix = values.get("filename_prefix")
    if not isinstance(prefix, str):
        return Checked()
    reason = why_unsavable(fill_in(prefix, width=0, height=0, batch_num=0))
    if reason is None:
        return Checked()
    message = f"files cannot be saved as {prefix[:80]!r}: {reason}"
    hint = "use a name such as 'picture' or 'cats/evening'"
    return Checked((Problem("bad-file-name", message, input="filename_prefix", hint=hint),))


def fill_in(prefix: str, *, width: int, height: int, batch_num: int) -> str:
    """Put sizes in pixels, the number in the batch and the time in place of %width%, %year% and so on."""
    now = datetime.now()
    known = {
        "width": f"{width}",
        "height": f"{height}",
        "batch_num": f"{batch_num}",
        "year": f"{now.year}",
        "month": f"{now.month:02}",
        "day": f"{now.day:02}",
        "hour": f"{now.hour:02}",
        "minute": f"{now.minute:02}",
        "second": f"{now.second:02}",
    }
    for key, value in known.items():
        prefix = prefix.replace(f"%{key}%", value)
    return prefix


def texts(ctx: Context, more: Mapping[str, Any]) -> dict[str, str]:
    """Return the caller's texts, the manifest completed by the device and by what only the node knows."""
    from graphflow_nodes.models.device import device_and_dtype
    from graphflow_nodes.models.pool import ModelPool

    told = dict(ctx.metadata)
    if MANIFEST in told:
        device, dtype = device_and_dtype(ctx.use(ModelPool).device)
        manifest = json.loads(told[MANIFEST]) | {"device": device, "dtype": dtype} | dict(more)
        told[MANIFEST] = json.dumps(manifest, sort_keys=True)
    return told
