"""Where networks run, in which numbers, and how much memory they may take."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from graphflow.api import DeviceMemory, NodeError

if TYPE_CHECKING:
    import torch

MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup/memory.max")
UNKNOWN = 8 * 2**30  # bytes of memory where the system does not tell


def choose_device(name: str) -> torch.device:
    """Return the device of a name; `auto` takes a GPU where there is one. Raise NodeError when it cannot be had."""
    import torch

    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise NodeError(f"{name!r} is no device", hint="use cpu, cuda, cuda:1, mps or auto") from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise NodeError(f"this machine has no device {name}", hint="use cpu or auto")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise NodeError(f"this machine has no device {name}", hint="use cpu or auto")
    return device


def choose_dtype(device: torch.device) -> torch.dtype:
    """Return the numbers for networks and text encoders: half precision on a GPU, where it is as good and faster."""
    import torch

    return torch.float32 if device.type == "cpu" else torch.float16


def device_and_dtype(device: torch.device) -> tuple[str, str]:
    """Return the names of a device and of the numbers that networks use on it."""
    return str(device), str(choose_dtype(device)).removeprefix("torch.")


def default_budget(device: torch.device) -> int:
    """Return how many bytes of weights may stay: four fifths of a GPU's memory, half of the machine's otherwise."""
    import torch

    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory * 0.8)
    return _system_memory() // 2


def memory_of(device: torch.device) -> DeviceMemory:
    """Return how much memory a device has, and how much of it is free."""
    import torch

    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        return DeviceMemory(str(device), total, free)
    return DeviceMemory(str(device), _system_memory(), _available_memory())


def _available_memory() -> int | None:
    try:
        lines = MEMINFO.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):  # only Linux tells so
        return None


def _system_memory() -> int:
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # not on Windows
        memory = UNKNOWN
    try:
        return min(memory, int(CGROUP.read_text()))
    except (OSError, ValueError):  # no limit, or no such file
        return memory
