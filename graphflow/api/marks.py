"""What an input's annotation says beyond its type: limits, options, where a file comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

T = TypeVar("T")

Facts: TypeAlias = Mapping[str, str | int | float | bool | None]
"""What is known of a value before it is computed, such as a model's family and native size."""


@dataclass(frozen=True, slots=True)
class Range:
    """A number's limits, both allowed, and the step of its slider."""

    low: float
    high: float
    step: float | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The options of a text input, in the order in which they are shown."""

    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seed:
    """Mark a random seed: 0 to 2**64 - 1."""


@dataclass(frozen=True, slots=True)
class Multiline:
    """Mark a text that people write over several lines."""


@dataclass(frozen=True, slots=True)
class Name:
    """Give an input an outer name that is no Python identifier."""

    name: str


class Inspect(Protocol):
    """Read facts from a file without loading it; raise ValueError with a sentence for people when it is unfit."""

    def __call__(self, path: Path, /) -> Facts:
        """Return the facts of the file at `path`."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Say which folder of the home an input's file comes from, and which files fit.

    `suffixes` are the file endings that are listed. `bundle` names a file that turns a whole subfolder into one
    choice, as `model_index.json` does for a diffusers folder; it may be a pattern such as `*.txt`. `refuse` maps an
    ending to the sentence that tells a user what to do with such a file. `inspect` reads facts for `check` functions.
    """

    name: str
    suffixes: tuple[str, ...]
    bundle: str | None = None
    refuse: Mapping[str, str] = field(default_factory=dict, hash=False)
    inspect: Inspect | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file that the engine found and fingerprinted: what a node gets for a `Folder` input."""

    name: str
    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class Mentions:
    """Say that a text may name files of a folder, so that their contents count for the result.

    `find` returns for each file that a text names the spellings of its name that are tried, the one as written first.
    A name may leave out the file's ending and the subfolders that it lies in. A name that leads to no file is a problem
    of the input; the node gets a `Text`.
    """

    folder: Folder
    find: Callable[[str], Sequence[tuple[str, ...]]]


class Text(str):
    """A text with the files that it names, by the spelling that led to each: what a node gets for `Mentions`."""

    files: Mapping[str, File]

    def __new__(cls, text: str, files: Mapping[str, File]) -> Text:
        """Put files beside a text."""
        made = super().__new__(cls, text)
        made.files = dict(files)
        return made


@dataclass(frozen=True, slots=True)
class Lazy(Generic[T]):
    """An input that is computed only when the node calls it.

    While the engine has no value yet, the call stops the node, which is called again from its start once the value is
    there: ask for lazy inputs before doing anything costly. Outside the engine wrap a value: `Lazy(lambda: value)`.
    """

    get: Callable[[], T]

    def __call__(self) -> T:
        """Return the value, or stop the node until there is one."""
        return self.get()


Mark: TypeAlias = Range | Choice | Seed | Multiline | Name | Folder | Mentions
MARKS: tuple[type[Any], ...] = (Range, Choice, Seed, Multiline, Name, Folder, Mentions)
