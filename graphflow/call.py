"""Calls a node's function: gathers its arguments, calls it once per list element, and reads what it returns.

This is the one place where foreign node code runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any, Protocol

from graphflow.api import (
    Artifact,
    Blocked,
    Context,
    Expand,
    Facts,
    File,
    Folder,
    Input,
    Lazy,
    NodeError,
    Resources,
    Socket,
)
from graphflow.api.context import Purpose
from graphflow.cache import Outputs
from graphflow.errors import GraphFlowError, NodeFailed, Problem, StorageError
from graphflow.events import ArtifactSaved, Event, NodeLogged, NodePreview, NodeProgress
from graphflow.files import FileProblem, Files
from graphflow.journal import Journal, Stretch
from graphflow.literals import Unfit, read_linked
from graphflow.mentions import Library, text_from
from graphflow.pace import Pace
from graphflow.step import Source, Step

PREVIEW_SECONDS = 0.1
"""A node's previews are drawn at most this often: drawing costs time, and nobody sees more."""


class Save(Protocol):
    """Put a node's file where it belongs."""

    def __call__(self, data: bytes, media_type: str, *, name: str, kind: Purpose, node: str) -> Artifact:
        """Write the file and return what it became."""


class Wanted(BaseException):
    """A lazy input was asked for and is not there yet. No node may swallow it, hence not an Exception."""

    def __init__(self, sources: tuple[Source, ...]) -> None:
        self.sources = sources


class EmitFailed(BaseException):
    """Whoever listens failed, while a node ran; `__cause__` is why. It is not the node's fault, and ends the run."""


class StepContext(Context):
    """What one step's node gets as `ctx`: its events carry the step's name."""

    def __init__(
        self,
        node: str,
        emit: Callable[[Event], None],
        cancelled: Callable[[], bool],
        save: Save | None,
        resources: Resources,
        metadata: Mapping[str, str],
        watched: Callable[[], bool],
        deterministic: bool,
        files: Files | None = None,
    ) -> None:
        super().__init__(resources, metadata, deterministic=deterministic)
        self._node = node
        self._emit = emit
        self._cancelled = cancelled
        self._save = save
        self._watched = watched
        self._files = files
        self._next_preview = 0.0
        self._pace = Pace()
        self._journal: Journal | None = None
        self._stretch = Stretch(0, 0)

    def note_in(self, journal: Journal) -> None:
        """Keep what the node notes there, and replay from there what an earlier attempt noted."""
        self._journal = journal

    def close(self, *, finished: bool) -> None:
        """Let go of the journal: a node that finished needs it no more, any other finds it when it begins again."""
        if self._journal is not None:
            (self._journal.finish if finished else self._journal.close)()

    def begin(self, call: int) -> None:
        """Begin one of the calls of the node, counted from 0."""
        self._stretch = Stretch(call, 0)

    def cancelled(self) -> bool:
        return self._cancelled()

    def progress(self, done: int, total: int) -> None:
        seconds, remaining = self._pace.report(done, total)
        self._tell(NodeProgress(node=self._node, done=done, total=total, seconds=seconds, remaining=remaining))

    def preview(self, draw: Callable[[], bytes], media_type: str = "image/jpeg") -> None:
        if monotonic() >= self._next_preview and self._watched():
            self._tell(NodePreview(node=self._node, media_type=media_type, data=draw()))
            self._next_preview = monotonic() + PREVIEW_SECONDS

    def files(self, folder: Folder) -> Sequence[tuple[File, Facts]]:
        return () if self._files is None else self._files.fitting(folder)

    def save(self, data: bytes, media_type: str, *, name: str, kind: Purpose = "output") -> Artifact:
        if self._save is None:
            return super().save(data, media_type, name=name, kind=kind)
        artifact = self._save(data, media_type, name=name, kind=kind, node=self._node)
        self._tell(
            ArtifactSaved(
                node=self._node,
                purpose=kind,
                sha256=artifact.sha256,
                media_type=artifact.media_type,
                size=artifact.size,
                name=artifact.name,
                path=str(artifact.path),
            )
        )
        return artifact

    def _tell(self, event: Event) -> None:
        try:
            self._emit(event)
        except Exception as error:
            raise EmitFailed from error

    def log(self, message: str) -> None:
        self._tell(NodeLogged(node=self._node, message=message))

    def journal(self, step: int, data: bytes) -> None:
        if self._journal is not None:
            self._journal.write(self._stretch, step, data)

    def replay(self) -> Sequence[bytes]:
        self._stretch = Stretch(self._stretch.call, self._stretch.number + 1)
        return () if self._journal is None else self._journal.read(self._stretch)


def call(step: Step, read: Callable[[Source], Any | None], context: StepContext) -> Outputs | Expand:
    """Run a step and return its outputs, or what is to run in its place.

    `read` gives a source's value, or None while it was not computed. Raises Wanted when the node asks for such a lazy
    input, NodeFailed when the node raises, RunCancelled when it stops because it was asked to.
    """
    arguments, length = _arguments(step, read)
    if length is None:
        return _call_once(step, {name: _element(value, 0) for name, value in arguments.items()}, context)
    calls = [
        _call_once(step, {name: _element(value, index) for name, value in arguments.items()}, context, index)
        for index in range(length)
    ]
    if any(isinstance(each, Expand) for each in calls):
        raise failure(step, NodeError("a node that is called once per list element cannot expand into a graph"))
    rows = [each for each in calls if not isinstance(each, Expand)]
    return {port.name: _joined([row[port.name] for row in rows], port.listed) for port in step.type.outputs}


class _Elements(tuple[Any, ...]):
    """Values of which each call gets one; a shorter row repeats its last."""


class _Many(tuple[Any, ...]):
    """Several links of one input, of which each may be _Elements."""


def _arguments(step: Step, read: Callable[[Source], Any | None]) -> tuple[dict[str, Any], int | None]:
    """Return the arguments by parameter name, and how many calls they make, or None for a plain single call."""
    arguments: dict[str, Any] = {}
    for entry in step.type.inputs:
        sources = step.links.get(entry.name)
        if sources is None:
            arguments[entry.parameter] = _literal(entry, step)
        elif entry.lazy:
            arguments[entry.parameter] = _lazy(step, entry, sources, read)
        elif entry.arity == "whole_list":
            arguments[entry.parameter] = [each for s in sources for each in _as_row(_linked(step, entry, read(s)))]
        elif entry.arity in ("many", "values"):
            arguments[entry.parameter] = _Many(_linked(step, entry, read(s)) for s in sources)
        else:
            arguments[entry.parameter] = _linked(step, entry, read(sources[0]))
    rows = [
        value
        for argument in arguments.values()
        for value in (argument if isinstance(argument, _Many) else (argument,))
        if isinstance(value, _Elements)
    ]
    if not rows:
        return arguments, None
    return arguments, max(map(len, rows)) if all(rows) else 0


def _literal(input: Input, step: Step) -> Any:
    value = step.values.get(input.name, input.default)
    if value is None:
        return None
    if input.lazy:
        return Lazy(lambda: value)
    return list(value) if input.arity == "whole_list" else value


def _lazy(step: Step, input: Input, sources: tuple[Source, ...], read: Callable[[Source], Any | None]) -> Lazy[Any]:
    def get() -> Any:
        value = read(sources[0])
        if value is None:
            raise Wanted(sources)
        value = _linked(step, input, value)
        if isinstance(value, _Elements):
            raise NodeError("a lazy input cannot take a list of values", input=input.name)
        if isinstance(value, Blocked):
            raise _IsBlocked(value)
        return value

    return Lazy(get)


class _IsBlocked(BaseException):
    """A lazy input turned out to be blocked."""

    def __init__(self, blocked: Blocked) -> None:
        self.blocked = blocked


def _linked(step: Step, input: Input, value: Any) -> Any:
    """Make a linked value, or each of a list, fit its input."""
    if type(value) is tuple:  # a list; a socket that is a kind of tuple is one value
        return _Elements(_linked(step, input, each) for each in value)
    if isinstance(value, Blocked):
        return value
    try:
        value = read_linked(input, value)
        library = step.values.get(input.name)
        return text_from(library, value) if isinstance(library, Library) else value
    except (Unfit, FileProblem) as unfit:
        raise failure(step, NodeError(unfit.message, code=unfit.code, input=input.name, hint=unfit.hint)) from unfit


def _as_row(value: Any) -> tuple[Any, ...]:
    return value if type(value) in (tuple, _Elements) else (value,)


def _element(value: Any, index: int) -> Any:
    if isinstance(value, _Elements):
        return value[min(index, len(value) - 1)]
    if isinstance(value, _Many):
        return tuple(_element(each, index) for each in value)
    return list(value) if isinstance(value, list) else value  # each call may do with its list what it likes


def _call_once(step: Step, arguments: dict[str, Any], context: StepContext, index: int = 0) -> Outputs | Expand:
    blocked = _blocked(arguments)
    if blocked is not None:
        return dict.fromkeys((port.name for port in step.type.outputs), blocked)
    if step.type.wants_ctx:
        context.begin(index)
        arguments["ctx"] = context
    try:
        returned = step.type.function(**arguments)
        return returned if isinstance(returned, Expand) else _outputs(step, returned)
    except _IsBlocked as inner:
        return dict.fromkeys((port.name for port in step.type.outputs), inner.blocked)
    except NodeError as error:
        raise failure(step, error) from error
    except StorageError as error:
        problem = Problem("storage", str(error), step.node, hint=error.hint)
        raise NodeFailed(step.node, step.type.id, problem) from error
    except GraphFlowError:
        raise
    # Foreign code may raise anything; whatever it is becomes this node's failure, with the cause kept.
    except Exception as error:
        raise failure(step, error) from error


def _blocked(arguments: Mapping[str, Any]) -> Blocked | None:
    for value in arguments.values():
        if isinstance(value, Blocked):
            return value
        if isinstance(value, tuple | list):
            for each in value:
                if isinstance(each, Blocked):
                    return each
    return None


def _outputs(step: Step, returned: Any) -> Outputs:
    """Name what a node returned by its ports; raise NodeError when it does not keep to its own signature."""
    ports = step.type.outputs
    if isinstance(returned, Blocked):
        return dict.fromkeys((port.name for port in ports), returned)
    if step.type.one_output:
        returned = (returned,)
    elif not ports:
        return {}
    if not isinstance(returned, tuple) or len(returned) != len(ports):
        raise NodeError(f"returned {type(returned).__name__} where its signature says {len(ports)} outputs")
    outputs: dict[str, Any] = {}
    for port, value in zip(ports, returned, strict=True):
        if port.listed and not isinstance(value, Blocked):
            outputs[port.name] = tuple(_fitting(port.type, port.name, each) for each in value)
        else:
            outputs[port.name] = _fitting(port.type, port.name, value)
    return outputs


def _fitting(kind: Any, port: str, value: Any) -> Any:
    if isinstance(value, Blocked):
        return value
    if value is None:
        raise NodeError(f"output {port} is None")
    if kind is Any:
        if type(value) is tuple:
            raise NodeError(f"output {port} is a tuple; a port that gives many values is declared as list[...]")
        return value
    if isinstance(value, kind) and (type(value) is not bool or kind is bool):
        return value
    if kind is float and type(value) is int:
        return float(value)
    wanted = kind.socket_name if issubclass(kind, Socket) else kind.__name__
    raise NodeError(f"output {port} is a {type(value).__name__} where its signature says {wanted}")


def _joined(values: list[Any], listed: bool) -> tuple[Any, ...]:
    """Join the outputs of several calls: list ports are concatenated, plain ones become a list."""
    return tuple(each for value in values for each in (_as_row(value) if listed else (value,)))


def failure(step: Step, error: Exception) -> NodeFailed:
    """Return what a node's own exception becomes: a failure with the node's name."""
    if isinstance(error, NodeError):
        problem = Problem(error.code, str(error), step.node, error.input, error.hint)
    elif _out_of_memory(error):
        hint = "make the picture or the batch smaller, or free memory on the device"
        problem = Problem("out-of-memory", f"{step.type.id} ran out of memory: {error}", step.node, hint=hint)
    else:
        problem = Problem("node-failed", f"{type(error).__name__}: {error}", step.node, hint="--debug shows where")
    return NodeFailed(step.node, step.type.id, problem)


def _out_of_memory(error: Exception) -> bool:
    """Know an out-of-memory error of torch by name, or by its words on the CPU: the engine does not import torch."""
    named = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    return named or (isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error))
