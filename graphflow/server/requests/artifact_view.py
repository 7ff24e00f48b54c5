"""Shows an artifact of the store as clients see it."""

from __future__ import annotations

from graphflow.jobs.gallery import Shown
from graphflow.wire.artifacts import Artifact


def show_artifact(shown: Shown) -> Artifact:
    """Return an artifact as it travels."""
    artifact = shown.artifact
    return Artifact(
        sha256=artifact.sha256,
        media_type=artifact.media_type,
        name=artifact.name,
        size=artifact.size,
        width=artifact.width,
        height=artifact.height,
        purpose=artifact.purpose,
        job=artifact.job,
        node=artifact.node,
        created=shown.created or None,
    )
