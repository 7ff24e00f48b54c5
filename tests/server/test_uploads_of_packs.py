"""Pictures that a pack brings along: workflows load them, so pages can show them, and nobody can delete them."""

from __future__ import annotations

from pathlib import Path

from graphflow.registry import Pack, Registry

from .pictures import picture
from .serving import A, serving


def test_an_example_of_a_pack_is_shown_and_stays(tmp_path: Path) -> None:
    examples = tmp_path / "examples"
    examples.mkdir()
    (examples / "meadow.png").write_bytes(picture(color="green"))
    registry = Registry([Pack("garden", (), model_roots={"input": examples})])

    with serving(tmp_path / "home", registry=registry) as served:
        shown = served.ask("GET", "/api/v1/uploads/meadow.png", user=A)
        deleted = served.ask(
            "DELETE", "/api/v1/uploads/meadow.png", user=A, headers={"Content-Type": "application/json"}
        )
        outside = served.ask("GET", "/api/v1/uploads/..%2Fexamples%2Fmeadow.png", user=A)

    assert (shown.status, shown.body) == (200, picture(color="green"))
    assert (deleted.status, outside.status) == (404, 404)
    assert (examples / "meadow.png").is_file()
