"""The library of saved workflows in a folder, with templates that ship beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any, Literal, TypeAlias

from graphflow.document import Workflow, dump
from graphflow.errors import did_you_mean
from graphflow.library.bin import Bin
from graphflow.library.drafts import Drafts
from graphflow.library.errors import Conflict, Unknown
from graphflow.library.history import Cause, History, Revision
from graphflow.library.names import SUFFIX, check_name, file_of, names_in
from graphflow.library.saved import Draft, Listed, Saved, Trashed, read_saved, revision_of
from graphflow.library.writing import alone, move, remove_stale, write_whole

ANY = "*"
Expect: TypeAlias = str | None
"""What the caller thinks is there: a revision, `ANY` for whichever there is, None for nothing."""
Source: TypeAlias = Literal["own", "template"]


class Library:
    """Workflows by name, in `folder`, and those in `shipped`, which are never written.

    Names may hold folders: `portraits/evening`. A workflow of one's own stands before a template of its name. Each
    change keeps what was there as a revision, also what another program wrote. Reading changes nothing. Safe between
    threads and processes.
    """

    def __init__(self, folder: Path, shipped: Path | None = None) -> None:
        self.folder = folder
        self.shipped = shipped
        self._incoming = folder / ".revisions" / "incoming"
        self._drafts = Drafts(folder / ".drafts", self._incoming)
        self._bin = Bin(folder / ".bin", self._incoming)

    def files(self) -> Iterator[Listed]:
        """Return the files of the user's workflows, then those of the templates, without reading any."""
        for root in self._roots():
            for name in names_in(root):
                path = root / f"{name}{SUFFIX}"
                with suppress(OSError):  # it went away meanwhile
                    facts = path.stat()
                    stamp = (facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino)
                    yield Listed(name, root is self.shipped, path, stamp)

    def workflows(self) -> Iterator[Saved]:
        """Return the user's workflows, then the templates; one that cannot be opened at all is passed over."""
        yield from (saved for file in self.files() if (saved := file.read()))

    def read(self, name: str, source: Source | None = None) -> Saved:
        """Return a workflow: the user's own, else the template; raise Unknown or BadName."""
        saved = self._own(name) if source != "template" else None
        if saved is None and source != "own":
            saved = self._template(name)
        if saved is None:
            raise self._unknown(name)
        return saved

    def save(self, name: str, workflow: Workflow, expect: Expect) -> Saved:
        """Save a workflow over what is expected to be there; raise Conflict, BadName or StorageError."""
        with self._alone():
            return self._save(name, dump(workflow).encode(), expect, "saved")

    def rename(self, name: str, to: str, expect: Expect = ANY) -> Saved:
        """Give a workflow another name or folder, with its history and draft."""
        with self._alone():
            self._present(name, expect)
            self._make_room(to)
            # The file goes last: after a crash between the two the next try puts a history without a file into the bin.
            move(self._history(name).folder, self._history(to).folder)
            move(self._file(name), self._file(to))
            self._drafts.move(name, to)
            self._remove_empty(name)
        return self.read(to, "own")

    def duplicate(self, name: str, to: str, source: Source | None = None) -> Saved:
        """Copy a workflow or a template to another name."""
        with self._alone():
            return self._save(to, self.read(name, source).text, None, "saved")

    def delete(self, name: str, expect: Expect = ANY) -> Trashed:
        """Put a workflow into the bin, with its history; its draft goes for good."""
        with self._alone():
            self._present(name, expect)
            thing = self._bin.put(name, self._file(name), self._history(name).folder)
            self._drafts.delete(name)
            self._remove_empty(name)
        return thing

    def revisions(self, name: str) -> tuple[Revision, ...]:
        """Return a workflow's revisions, newest first; the first is what the file holds now."""
        saved = self.read(name)
        if saved.template:
            return (Revision(saved.revision, saved.modified, "saved", len(saved.text)),)
        kept = self._history(name).revisions()
        if kept and kept[0].id == saved.revision:
            return kept
        return (Revision(saved.revision, saved.modified, "found", len(saved.text)), *kept)

    def revision(self, name: str, id: str) -> bytes:
        """Return the text of a revision; raise Unknown."""
        saved = self.read(name)
        text = saved.text if saved.revision == id else None
        if text is None and not saved.template:
            text = self._history(name).text(id)
        if text is None:
            raise Unknown(f"{name!r} has no revision {id!r}", code="unknown-revision")
        return text

    def restore(self, name: str, id: str, expect: Expect) -> Saved:
        """Bring a revision back, as a new one."""
        with self._alone():
            self._present(name, expect)
            return self._save(name, self.revision(name, id), ANY, "restored")

    def drafts(self) -> tuple[Draft, ...]:
        """Return all drafts."""
        return self._drafts.list()

    def draft(self, name: str) -> Draft:
        """Return a workflow's draft; raise Unknown or BadName."""
        return self._drafts.get(name)

    def find_draft(self, name: str) -> Draft | None:
        """Return a workflow's draft, or None; raise BadName."""
        return self._drafts.find(name)

    def save_draft(self, name: str, document: Mapping[str, Any], base: str | None) -> Draft:
        """Keep a draft, sound or not, in the place of the one before."""
        return self._drafts.put(name, document, base)

    def delete_draft(self, name: str) -> bool:
        """Throw a draft away; return whether there was one."""
        return self._drafts.delete(name)

    def deleted(self) -> tuple[Trashed, ...]:
        """Return what lies in the bin, the last deleted first."""
        return self._bin.list()

    def undelete(self, id: str, to: str | None = None) -> Saved:
        """Take a workflow out of the bin, under its name or another; raise Conflict when that is taken."""
        with self._alone():
            name = to or self._bin.get(id).name
            self._bin.get(id)
            self._make_room(name)
            self._bin.restore(id, self._file(name), self._history(name).folder)
        return self.read(name, "own")

    def forget(self, id: str) -> None:
        """Throw something in the bin away for good; raise Unknown."""
        with self._alone():
            self._bin.forget(id)

    def empty_bin(self) -> int:
        """Throw everything in the bin away for good; return how many workflows went."""
        with self._alone():
            things = self._bin.list()
            for thing in things:
                self._bin.forget(thing.id)
        return len(things)

    def _save(self, name: str, text: bytes, expect: Expect, cause: Cause) -> Saved:
        if expect is None:
            self._make_room(name)
        else:
            self._present(name, expect)
        # The history comes first: a crash, or a disk that fills up between the two, loses neither old nor new.
        self._history(name).add(revision_of(text), text, cause)
        write_whole(self._file(name), text, self._incoming)
        remove_stale(self._incoming)
        return self.read(name, "own")

    def _present(self, name: str, expect: Expect) -> Saved:
        """Return what is there, once it is safe in the history; raise when it is not what was expected."""
        saved = self._own(name)
        if saved is None:
            template = self._template(name)
            if template is not None:
                hint = "save it under another name, or as a new one, which then stands before the template"
                message = f"{name!r} is a template and is not changed"
                raise Conflict(message, current=template.revision, code="template", hint=hint)
            if expect is None or expect == ANY:
                raise self._unknown(name)
            raise Conflict(f"{name!r} is gone", current=None, hint="save it as a new one")
        if expect not in (ANY, saved.revision):
            message = f"{name!r} was changed meanwhile: it is at revision {saved.revision}"
            raise Conflict(message, current=saved.revision, hint="load it and put your changes in, or save a copy")
        self._history(name).add(saved.revision, saved.text, "found", saved.modified)
        return saved

    def _make_room(self, name: str) -> None:
        """Make sure that a name is free; raise Conflict."""
        saved = self._own(name)
        if saved is not None:
            hint = "choose another name"
            raise Conflict(f"there is a workflow {name!r} already", current=saved.revision, code="taken", hint=hint)
        history = self._history(name)
        newest = history.newest()
        if newest is not None:  # its file was removed by another program
            self._bin.bury(name, history.text(newest) or b"", history.folder)

    def _roots(self) -> tuple[Path, ...]:
        return (self.folder,) if self.shipped is None else (self.folder, self.shipped)

    def _own(self, name: str) -> Saved | None:
        return read_saved(self._file(name), name)

    def _template(self, name: str) -> Saved | None:
        return read_saved(file_of(self.shipped, name), name, template=True) if self.shipped is not None else None

    def _file(self, name: str) -> Path:
        return file_of(self.folder, name)

    def _history(self, name: str) -> History:
        check_name(name)
        return History(self.folder / ".revisions" / f"{name}{SUFFIX}", self._incoming)

    def _alone(self) -> AbstractContextManager[None]:
        return alone(self.folder / ".revisions" / "lock")

    def _remove_empty(self, name: str) -> None:
        """Remove the folders that a workflow left empty."""
        for parent in list(Path(name).parents)[:-1]:
            for root in (self.folder, self.folder / ".revisions", self.folder / ".drafts"):
                with suppress(OSError):
                    (root / parent).rmdir()

    def _unknown(self, name: str) -> Unknown:
        near = did_you_mean(name, [each for root in self._roots() for each in names_in(root)])
        return Unknown(f"there is no workflow {name!r}", code="unknown-workflow", hint=near)
