"""Sampling: from noise to a picture."""

from graphflow_nodes.sampling.ksampler import ksampler

NODES = (ksampler,)
