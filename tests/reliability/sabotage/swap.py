"""Puts something else in the place of a name."""

from __future__ import annotations


def swap(owner: object, **named: object) -> None:
    """Replace these names of a module or a class."""
    for name, value in named.items():
        setattr(owner, name, value)
