"""Who may talk to the server, as the running server sees it: changes of the file count at once."""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from graphflow.errors import Problem, WorkflowError
from graphflow.server.wall.accounts import (
    SESSION_SECONDS,
    SHORTEST_TOKEN,
    Account,
    AccountFile,
    Accounts,
    Session,
    fingerprint,
    new_secret,
)

_LOOK_SECONDS = 0.25
"""The file's date is looked at this often at most."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a token. `name` is also the client of their jobs.

    `folder` is the name of their own folder under the home's `users`; None for the owner of the home, who has the
    home's own folders.
    """

    name: str
    admin: bool
    folder: str | None


@dataclass(frozen=True, slots=True)
class Identity:
    """A user, and by what they were recognised: the hash of a token, or of a browser's session."""

    user: User
    by: Literal["token", "session"]
    hash: str


class Users:
    """Recognises tokens and sessions, and lets browsers in by one-time codes.

    `token` stands in for the owner's for as long as this server runs: the environment's GRAPHFLOW_TOKEN. Raise
    WorkflowError when it is too short.
    """

    def __init__(self, home: Path, token: str | None = None) -> None:
        if token is not None and len(token) < SHORTEST_TOKEN:
            message = f"GRAPHFLOW_TOKEN has {len(token)} characters; {SHORTEST_TOKEN} are needed"
            hint = "make one: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
            raise WorkflowError([Problem("weak-token", message, hint=hint)])
        self.file = AccountFile(home)
        self.file.make_owner()
        self._owner_token = None if token is None else fingerprint(token)
        self._seen: tuple[int, ...] = ()
        self._looked = 0.0
        self._tokens: Mapping[str, Account] = {}
        self._sessions: Mapping[str, tuple[Session, Account]] = {}
        self._codes: frozenset[str] = frozenset()
        self.refresh()

    def of_token(self, token: str) -> Identity | None:
        """Return who has this token."""
        self._look()
        return self._of_token(fingerprint(token))

    def of_session(self, secret: str) -> Identity | None:
        """Return whose browser has this cookie."""
        self._look()
        return self._of_session(fingerprint(secret))

    def still(self, identity: Identity) -> bool:
        """Say whether somebody who was recognised would be again, with the same rights."""
        self._look()
        again = self._of_token if identity.by == "token" else self._of_session
        return again(identity.hash) == identity

    def folder_of(self, name: str) -> str | None:
        """Return the folder of a user's name, None for the home's own; of somebody who was removed it stays theirs."""
        found = next((each for each in self._tokens.values() if each.name == name), None)
        return name.casefold() if found is None else found.folder

    def log_in(self, secret: str) -> str | None:
        """Take a one-time code, or a token, and return a new session's cookie; None when it is no such thing."""
        given, session = fingerprint(secret), new_secret()
        self._look(at_once=True)
        by_token = self._of_token(given)
        made = False

        def change(accounts: Accounts) -> Accounts:
            nonlocal made
            now = time.time()
            code = next((each for each in accounts.codes if hmac.compare_digest(each.hash, given)), None)
            rest = tuple(each for each in accounts.codes if each is not code)
            name = by_token.user.name if by_token else code.user if code and code.expires > now else None
            account = accounts.find(name) if name else None
            if account is None:
                return accounts
            made = True
            row = Session(
                hash=fingerprint(session), user=account.name, token=account.token, expires=now + SESSION_SECONDS
            )
            return accounts.model_copy(update={"codes": rest, "sessions": (*accounts.sessions, row)})

        if by_token is None and given not in self._codes:
            return None  # nobody without a right to it makes the server write
        self.file.change(change)
        self.refresh()
        return session if made else None

    def log_out(self, identity: Identity) -> None:
        """End a browser's session."""

        def change(accounts: Accounts) -> Accounts:
            rest = tuple(each for each in accounts.sessions if each.hash != identity.hash)
            return accounts.model_copy(update={"sessions": rest})

        self.file.change(change)
        self.refresh()

    def refresh(self) -> None:
        """Read the file again."""
        self._seen = self._stamp()
        accounts = self.file.read()
        owner = next((each for each in accounts.users if each.folder is None and each.admin), None)
        known = {
            self._owner_token if self._owner_token and each is owner else each.token: each for each in accounts.users
        }
        by_name = {each.name: each for each in accounts.users}
        self._tokens = known
        self._codes = frozenset(each.hash for each in accounts.codes)
        self._sessions = {
            each.hash: (each, by_name[each.user])
            for each in accounts.sessions
            if each.user in by_name and by_name[each.user].token == each.token
        }

    def _look(self, *, at_once: bool = False) -> None:
        """Read the file again when it is not the one that was read."""
        now = time.monotonic()
        if at_once or now - self._looked >= _LOOK_SECONDS:
            self._looked = now
            if self._stamp() != self._seen:
                self.refresh()

    def _stamp(self) -> tuple[int, ...]:
        try:
            found = self.file.path.stat()
        except OSError:
            return ()
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _of_token(self, mark: str) -> Identity | None:
        found = next((each for each in self._tokens if hmac.compare_digest(each, mark)), None)
        return None if found is None else Identity(_user(self._tokens[found]), "token", mark)

    def _of_session(self, mark: str) -> Identity | None:
        found = self._sessions.get(mark)  # what is looked up is a hash: how long it takes tells nothing of the cookie
        if found is None or found[0].expires <= time.time():
            return None
        return Identity(_user(found[1]), "session", mark)


def _user(account: Account) -> User:
    return User(account.name, account.admin, account.folder)
