"""The only door for node packs: what a pack imports from GraphFlow stands here."""

from graphflow.api.context import SILENT, Context
from graphflow.api.file_names import why_unsavable
from graphflow.api.input import Input
from graphflow.api.marks import Choice, Facts, File, Folder, Lazy, Mentions, Multiline, Name, Range, Seed, Text
from graphflow.api.node_type import AnyNode, Check, Checked, NodeType, node
from graphflow.api.resources import DeviceMemory, Held, Resource, Resources, resource
from graphflow.api.results import Blocked, Expand, Make, Outer, Wire
from graphflow.api.signature import Output
from graphflow.api.sockets import Artifact, Socket
from graphflow.errors import NodeError, Problem, RunCancelled

__all__ = [
    "SILENT",
    "AnyNode",
    "Artifact",
    "Blocked",
    "Check",
    "Checked",
    "Choice",
    "Context",
    "DeviceMemory",
    "Expand",
    "Facts",
    "File",
    "Folder",
    "Held",
    "Input",
    "Lazy",
    "Make",
    "Mentions",
    "Multiline",
    "Name",
    "NodeError",
    "NodeType",
    "Outer",
    "Output",
    "Problem",
    "Range",
    "Resource",
    "Resources",
    "RunCancelled",
    "Seed",
    "Socket",
    "Text",
    "Wire",
    "node",
    "resource",
    "why_unsavable",
]
