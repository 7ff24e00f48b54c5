"""Keeps where things lie on the server's disk from those who do not administer it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from graphflow.engine import Engine
from graphflow.errors import Problem
from graphflow.server.catalogue.model_files import takers
from graphflow.server.wall.users import User

_LEADS_TO = re.compile(r" is a link to .*(?=, which lies outside)", re.DOTALL)
"""The end of a link lies where no folder of ours has a name for it."""


def without_paths(problems: Iterable[Problem], engine: Engine, user: User) -> tuple[Problem, ...]:
    """Return the problems with folders of the server called by their names; administrators see the paths."""
    if user.admin:
        return tuple(problems)
    names = _names(engine)

    def told(text: str | None) -> str | None:
        text = _LEADS_TO.sub(" is a link", text) if text else text
        for path, name in names:
            text = text.replace(path, name) if text else text
        return text

    return tuple(replace(each, message=told(each.message) or "", hint=told(each.hint)) for each in problems)


def _names(engine: Engine) -> list[tuple[str, str]]:
    """Return paths and what they are called instead, the longest path first: they lie inside each other."""
    folders = {each.folder.name for each in takers(engine.registry)} | {"input", "output", "temp"}
    found = {str(root): folder for folder in folders for root in engine.files.roots(folder)}
    found |= {str(engine.home.workflows): "workflows", str(engine.home.root): "the server's home"}
    return sorted(found.items(), key=lambda each: len(each[0]), reverse=True)
