"""The training algorithm as nodes."""

from graphflow_nodes.training.folder import load_captioned_folder
from graphflow_nodes.training.loop import train_loop
from graphflow_nodes.training.step import train_step

NODES = (load_captioned_folder, train_step, train_loop)
