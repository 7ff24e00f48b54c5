"""What docs/serving.md and the README show of a running server works: their blocks run against a real one."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphflow.client import Client
from tests.server.launching import launched
from tests.test_docs import REPOSITORY, blocks
from tests.test_docs_api import Desk, needs

SERVING = REPOSITORY / "docs" / "serving.md"
README = REPOSITORY / "README.md"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A server that serves all tests here: its start is what takes long."""
    folder = tmp_path_factory.mktemp("desk")
    with launched(folder / "home") as server:
        yield Desk(folder, server)


def shell(page: Path, desk: Desk) -> str:
    """Run all shell blocks of a page one after the other, and return what they printed."""
    text = "\n".join(block.text for block in blocks(page) if block.language == "sh")
    assert text
    text = text.replace("http://127.0.0.1:7868", desk.server.url).replace(
        "~/.local/share/graphflow", str(desk.server.home)
    )
    ours = f'graphflow() {{ "{sys.executable}" -m graphflow.cli "$@"; }}\n'
    return desk.run(["bash", "-euo", "pipefail", "-c", ours + text])


def test_the_readme_asks_a_server_for_a_picture(desk: Desk) -> None:
    needs("curl")

    said = shell(README, desk)

    assert '"state":"queued"' in said
    assert '"name":"Text to image"' in said


def test_the_commands_of_the_page_on_serving_work_and_its_backup_brings_all_back(desk: Desk) -> None:
    for program in ("curl", "openssl", "tar"):
        needs(program)
    with Client(desk.server.url, desk.server.token) as client:
        job = client.submit("txt2img", {"steps": 1, "seed": 5})
        assert job.wait(timeout=120).state == "done"
        picture = job.files()[0].sha256
        client.workflows.save("temp/cache", {"format": "graphflow/1", "nodes": {}})

    said = shell(SERVING, desk)

    token = (desk.folder / "ada.txt").read_text().split()[-1]
    assert desk.server.ask("/api/v1/me", token=token) == (200, {"name": "ada", "admin": False})
    assert "/login#code=" in said
    assert 'graphflow_workers{state="broken"} 0.0' in said
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
        desk.folder / "server.pem", desk.folder / "server.key"
    )
    restored = desk.folder / "restored"
    files = {"token", "users.json", "users.json.lock"}
    assert {each.name for each in restored.iterdir()} == {"jobs", "output", "workflows", *files}
    assert (restored / "workflows" / "temp" / "cache.json").is_file()
    assert (restored / "jobs" / "artifacts" / picture[:2] / picture).is_file()
    with launched(restored) as again:
        assert again.token == desk.server.token
        assert again.ask(f"/api/v1/jobs/{job.id}")[1]["outputs"]["images"][0]["sha256"] == picture
        assert again.ask("/api/v1/me", token=token)[0] == 200
