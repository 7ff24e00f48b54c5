"""Takes the fields of one JSON object, and reports each that is missing, unknown or of another type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from typing import Any, TypeVar

from graphflow.document.limits import COLOR, INTERFACE, LIMITS, NAME, fits
from graphflow.document.load import Unreadable
from graphflow.errors import Problem, did_you_mean

T = TypeVar("T")

_ABSENT = object()
_SHOWN = 60
_WORDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "true or false"),
    ((int, float), "a number"),
    (str, "text"),
    (Mapping, "an object"),
    ((list, tuple), "a list"),
)


class Fields:
    """The fields of `data`, an object that messages call `what`; it belongs to `node`. `ok` says whether it is an object."""

    def __init__(self, data: Any, what: str, problems: list[Problem], node: str | None = None) -> None:
        self.what = what
        self.problems = problems
        self.node = node
        self.ok = type(data) is dict or isinstance(data, Mapping)  # the second look takes ten times the first
        self.data: Mapping[Any, Any] = data if self.ok else {}
        if not self.ok:
            self._report("wrong-type", f"{what} must be an object, got {describe(data)}")

    def only(self, known: Iterable[str]) -> None:
        """Report every field that is not known."""
        known = tuple(known)
        for key in self.data:
            if key not in known:
                hint = did_you_mean(str(key), known) or f"it may have {', '.join(sorted(known))}"
                self._report("unknown-key", f"{self.what} has an unknown key {str(key)!r:.{_SHOWN}}", hint)

    def need(self, *keys: str) -> None:
        """Report every field that is missing."""
        for key in keys:
            if key not in self.data:
                self._report("missing-key", f"{self.what} has no `{key}`")

    def text(self, key: str, longest: int, pattern: str | None = None) -> str | None:
        """Return a text, or None when it is absent or wrong."""
        value = self.data.get(key, _ABSENT)
        if value is _ABSENT:
            return None
        if type(value) is not str:
            self.wrong(key, "text", value)
        elif len(value) > longest:
            self._report("too-long", f"`{key}` of {self.what} has {len(value):,} characters; {longest:,} are allowed")
        elif not is_text(value):
            self._report("bad-text", f"`{key}` of {self.what} holds half a character (a lone surrogate)")
        elif pattern is not None and not fits(pattern, value):
            self._report("bad-name", f"`{key}` of {self.what} cannot be {value!r}", name_rule(pattern))
        else:
            return value
        return None

    def whole(self, key: str, least: int, greatest: int) -> int | None:
        """Return a whole number, or None when it is absent or wrong."""
        value = self.data.get(key, _ABSENT)
        if value is _ABSENT:
            return None
        if type(value) is not int or not least <= value <= greatest:
            self.wrong(key, f"a whole number from {least} to {greatest}", value)
            return None
        return value

    def number(self, key: str) -> float | None:
        """Return a finite number, or None when it is absent or wrong."""
        value = self.data.get(key, _ABSENT)
        if value is _ABSENT:
            return None
        sound = type(value) is float and isfinite(value)
        if not sound and not (type(value) is int and LIMITS.least <= value <= LIMITS.greatest):
            self.wrong(key, "a finite number", value)
            return None
        return value  # type: ignore[no-any-return]  # its type was looked at above

    def truth(self, key: str) -> bool:
        """Return a truth value; False when it is absent or wrong."""
        value = self.data.get(key, False)
        if type(value) is not bool:
            self.wrong(key, "true or false", value)
            return False
        return value

    def one_of(self, key: str, options: Mapping[str, T]) -> T | None:
        """Return what the option found stands for, or None when it is absent or wrong."""
        value = self.data.get(key, _ABSENT)
        if value is _ABSENT:
            return None
        if type(value) is not str or value not in options:
            self.wrong(key, " or ".join(f'"{each}"' for each in options), value)
            return None
        return options[value]

    def object(self, key: str, most: int) -> Mapping[Any, Any]:
        """Return an object with at most so many entries; an empty one when it is absent or wrong."""
        value = self.data.get(key, _ABSENT)
        if value is _ABSENT:
            return {}
        if type(value) is not dict and not isinstance(value, Mapping):
            self.wrong(key, "an object", value)
            return {}
        if len(value) > most:
            self._report("too-many", f"`{key}` of {self.what} has {len(value):,} entries; {most:,} are allowed")
            return {}
        return value

    def named(self, key: str, pattern: str, most: int, read: Callable[[str, Any], T]) -> dict[str, T]:
        """Read an object whose keys are names that people chose."""
        if key not in self.data:  # as most are
            return {}
        return {
            name: read(name, value) for name, value in self.object(key, most).items() if self.name(name, key, pattern)
        }

    def name(self, name: Any, key: str, pattern: str) -> bool:
        """Report a key of `key` that cannot be a name."""
        place = f"a name in `{key}` of {self.what}"
        if type(name) is not str or not is_text(name):
            self._report("bad-name", f"{place} is no text: {str(name)!r:.{_SHOWN}}")
        elif len(name) > LIMITS.name:
            self._report("too-long", f"{place} has {len(name):,} characters; {LIMITS.name:,} are allowed")
        elif not fits(pattern, name):
            self._report("bad-name", f"{place} cannot be {name!r}", name_rule(pattern))
        else:
            return True
        return False

    def wrong(self, key: str, wanted: str, value: Any) -> None:
        """Report a field of another type or outside its limits."""
        self._report("wrong-type", f"`{key}` of {self.what} must be {wanted}, got {describe(value)}")

    def _report(self, code: str, message: str, hint: str | None = None) -> None:
        self.problems.append(Problem(code, message, self.node, hint=hint))


def is_text(value: str) -> bool:
    """Say whether a text can be written as UTF-8: JSON can name half of a character."""
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def describe(value: Any) -> str:
    """Say what was found: small values as they are, others by their kind."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Unreadable):
        return value.text if len(value.text) <= _SHOWN else f"a number of {len(value.text)} digits"
    if isinstance(value, str) and len(value) <= _SHOWN:
        return f'the text "{value}"' if is_text(value) else "a broken text"
    if isinstance(value, int | float) and abs(value) < 10**_SHOWN:
        return str(value)
    return next((word for kind, word in _WORDS if isinstance(value, kind)), f"a {type(value).__name__}")


def name_rule(pattern: str) -> str:
    """Say in words what a name must be."""
    if pattern == COLOR:
        return "a colour is written #rrggbb"
    also = {NAME: " and no slash", INTERFACE: " and no equals sign"}.get(pattern, "")
    return f"a name has at least one character, no control characters{also}"
