"""The root of all models that travel."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """Strict plain data: nothing is coerced, nothing unknown passes, numbers are finite."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        allow_inf_nan=False,
        cache_strings="keys",  # as `PASSING` says
    )
