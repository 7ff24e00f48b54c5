"""How much one may ask of the server: what lies within is taken, one more is refused with its own problem code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest that each thing may be. Every refusal names the limit."""

    body_bytes: int = 32 * 2**20
    """Of a request that is no upload, after it was unpacked. `too-large`, 413."""
    depth: int = 100
    """Lists and objects inside each other in a JSON body. `too-deep`, 400."""
    values: int = 1_000_000
    """In a JSON body: as Python has them they take many times the bytes that came. `too-many-values`, 413."""
    nodes: int = 20_000
    """Of one workflow, the insides of subgraphs included. `too-many-nodes`, 422."""
    name: int = 200
    """Characters of a name in a path or a query. `name-too-long`, 422."""
    upload_bytes: int = 256 * 2**20
    """Of one uploaded file. `too-large`, 413."""
    pixels: int = 100_000_000
    """Of one uploaded picture, read from its header before it is decoded. `too-many-pixels`, 413."""
    queued_jobs: int = 20_000
    """Of one user, waiting or held. `queue-full`, 429."""
    streams: int = 64
    """WebSockets and event streams of one user at once. `too-many-streams`, 429."""
    connections: int = 2_000
    """Of everybody together. `too-many-connections`, 503."""
    requests_per_second: float = 3_000
    """Of one user, over some time. `too-many-requests`, 429."""
    burst: int = 6_000
    """Of one user, at once."""
