"""Makes plain methods out of asynchronous ones, with their signatures and their words: no logic stands twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import update_wrapper
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar

from graphflow.client.background import Background

P = ParamSpec("P")
T = TypeVar("T")


class Behind(Protocol):
    """Something plain that has its asynchronous twin, and the loop on which that runs."""

    @property
    def twin(self) -> Any:
        """What does the work."""

    @property
    def background(self) -> Background:
        """Where it is done."""


class Plain(Generic[P, T]):
    """A method that calls the twin's method of the same kind and waits for what it returns."""

    def __init__(self, method: Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    def __get__(self, owner: Behind, _: type | None = None) -> Callable[P, T]:
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            return owner.background.run(self._method(owner.twin, *args, **kwargs))

        return update_wrapper(call, self._method)


class PlainEach(Generic[P, T]):
    """A method that yields what the twin's asynchronous generator yields."""

    def __init__(self, method: Callable[Concatenate[Any, P], AsyncIterator[T]]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    def __get__(self, owner: Behind, _: type | None = None) -> Callable[P, Iterator[T]]:
        def call(*args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
            return owner.background.each(self._method(owner.twin, *args, **kwargs))

        return update_wrapper(call, self._method)
