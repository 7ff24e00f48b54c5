"""The file of those who may talk to the server: names with hashed tokens, one-time codes, and browser sessions."""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from graphflow.errors import Problem, StorageError, WorkflowError, did_you_mean
from graphflow.home import make_folder
from graphflow.jobs.lock import wait_for_lock
from graphflow.syncing import sync_folder

FILE = "users.json"
TOKEN_FILE = "token"  # noqa: S105  a file's name
OWNER = "owner"
CODE_SECONDS = 600.0
"""How long a one-time code is good for."""
SESSION_SECONDS = 30 * 24 * 3600.0
"""How long a browser stays logged in."""
SHORTEST_TOKEN = 16
"""Characters of a token that somebody chose; ours have 43."""
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?")
_DEVICES = re.compile(r"con|prn|aux|nul|com\d|lpt\d", re.IGNORECASE)

_FULL = (errno.ENOSPC, errno.EDQUOT)

T = TypeVar("T")


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Account(_Row):
    """Somebody with a token, of which only the hash is kept. `folder` None means the home's own folders."""

    name: str
    token: str
    admin: bool
    folder: str | None


class Code(_Row):
    """A one-time code to log in, as its hash; `expires` in seconds since 1970."""

    hash: str
    user: str
    expires: float


class Session(_Row):
    """A browser that is logged in, as the hash of its cookie; it ends when its user's token changes."""

    hash: str
    user: str
    token: str
    expires: float


class Accounts(_Row):
    """The whole file."""

    format: Literal["graphflow-users/1"] = "graphflow-users/1"
    users: tuple[Account, ...] = ()
    codes: tuple[Code, ...] = ()
    sessions: tuple[Session, ...] = ()

    def find(self, name: str) -> Account | None:
        """Return the account of a name."""
        return next((each for each in self.users if each.name == name), None)


def fingerprint(secret: str) -> str:
    """Return the hash under which a secret is kept: secrets are random, so nothing slower is needed."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def new_secret() -> str:
    """Return 256 random bits as a text."""
    return secrets.token_urlsafe(32)


class AccountFile:
    """Reads and changes a home's users; changes of several processes come one after the other."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.path = home / FILE
        self.token_path = home / TOKEN_FILE

    def read(self) -> Accounts:
        """Return what is on disk, nobody when there is no file; raise StorageError when it is damaged."""
        try:
            return Accounts.model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return Accounts()
        except OSError as error:
            raise StorageError(f"cannot read {self.path}: {error.strerror or error}") from error
        except ValidationError as error:
            hint = "mend it, or move it away: then the next start makes a new owner"
            raise StorageError(f"{self.path} is damaged", hint=hint) from error

    def make_owner(self) -> None:
        """Make the first account, whose token lies beside the file for programs; do nothing when there is one."""
        with self._locked():
            accounts = self.read()
            if accounts.users:
                return
            token = _read_token(self.token_path) or new_secret()
            _write(self.token_path, f"{token}\n".encode())
            owner = Account(name=OWNER, token=fingerprint(token), admin=True, folder=None)
            self._write(accounts.model_copy(update={"users": (owner,)}))

    def add(self, name: str, *, admin: bool = False) -> str:
        """Add somebody with folders of their own, and return their token, which is kept nowhere.

        The owner comes first, also in a home that was never served.
        """
        self.make_owner()
        if not _NAME.fullmatch(name) or _DEVICES.fullmatch(name):
            rule = "letters, digits, - and _, at most 64, the first and last no sign"
            raise _refuse("bad-name", f"{name!r} cannot be a user's name", rule)
        token = new_secret()

        def change(accounts: Accounts) -> Accounts:
            if any(each.name.casefold() == name.casefold() for each in accounts.users):
                raise _refuse("user-exists", f"there is a user {name!r} already")
            account = Account(name=name, token=fingerprint(token), admin=admin, folder=name.casefold())
            return accounts.model_copy(update={"users": (*accounts.users, account)})

        self.change(change)
        return token

    def remove(self, name: str) -> None:
        """Take somebody's access away; their jobs and files stay. The last administrator stays too."""

        def change(accounts: Accounts) -> Accounts:
            account = _find(accounts, name)
            rest = tuple(each for each in accounts.users if each is not account)
            if account.admin and not any(each.admin for each in rest):
                raise _refuse(
                    "last-admin", f"{name!r} is the only administrator", "make another first: users add --admin"
                )
            return accounts.model_copy(update={"users": rest})

        self.change(change)

    def new_token(self, name: str) -> str:
        """Give somebody a new token and return it; the old one, and what logged in by it, end at once."""
        token = new_secret()

        def change(accounts: Accounts) -> Accounts:
            old = _find(accounts, name)
            new = old.model_copy(update={"token": fingerprint(token)})
            if old.folder is None:
                _write(self.token_path, f"{token}\n".encode())
            return accounts.model_copy(update={"users": tuple(new if each is old else each for each in accounts.users)})

        self.change(change)
        return token

    def new_code(self, name: str, seconds: float = CODE_SECONDS) -> str:
        """Return a code with which a browser can log in as somebody, once."""
        code = secrets.token_urlsafe(24)

        def change(accounts: Accounts) -> Accounts:
            _find(accounts, name)
            row = Code(hash=fingerprint(code), user=name, expires=time.time() + seconds)
            return accounts.model_copy(update={"codes": (*accounts.codes, row)})

        self.change(change)
        return code

    def change(self, change: Callable[[Accounts], Accounts]) -> Accounts:
        """Change the file as a whole, alone; what has expired is left out on the way."""
        with self._locked():
            changed = _prune(change(self.read()))
            self._write(changed)
            return changed

    @contextmanager
    def _locked(self) -> Iterator[None]:
        make_folder(self.home)
        with wait_for_lock(self.home / f"{FILE}.lock"):
            yield

    def _write(self, accounts: Accounts) -> None:
        _write(self.path, json.dumps(accounts.model_dump(mode="json"), indent=2).encode())


def _prune(accounts: Accounts) -> Accounts:
    """Leave out what is over: expired codes and sessions, and those of users who are gone or have another token."""
    now, tokens = time.time(), {each.name: each.token for each in accounts.users}
    codes = tuple(each for each in accounts.codes if each.expires > now and each.user in tokens)
    sessions = tuple(each for each in accounts.sessions if each.expires > now and tokens.get(each.user) == each.token)
    return accounts.model_copy(update={"codes": codes, "sessions": sessions})


def _find(accounts: Accounts, name: str) -> Account:
    if found := accounts.find(name):
        return found
    known = [each.name for each in accounts.users]
    hint = did_you_mean(name, known) or (f"there are: {', '.join(known)}" if known else "start the server once")
    raise _refuse("no-user", f"there is no user {name!r}", hint)


def _refuse(code: str, message: str, hint: str | None = None) -> WorkflowError:
    return WorkflowError([Problem(code, message, hint=hint)])


def _read_token(path: Path) -> str | None:
    with suppress(OSError, UnicodeDecodeError):
        token = path.read_text(encoding="ascii").strip()
        return token if len(token) >= SHORTEST_TOKEN else None
    return None


def _write(path: Path, data: bytes) -> None:
    """Put a file that only its owner may read in another's place, whole or not at all."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
            sync_folder(path.parent)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        # No path in it: whoever logs in is told, before they are anybody.
        why = "the disk is full" if error.errno in _FULL else f"the disk failed: {error.strerror or error}"
        raise StorageError(
            f"{why}: {path.name} was not written", hint="free some space in the server's home"
        ) from error
