"""Puts something else in the place of a name."""

from __future__ import annotations


def swap(owner: object, **named: object) -> None:
    """Replace these names of a module or a class; raise AttributeError where one is not there, for that changes nothing."""
    for name, value in named.items():
        getattr(owner, name)
        setattr(owner, name, value)
