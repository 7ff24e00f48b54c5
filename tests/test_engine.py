"""The whole engine on toy nodes: a workflow goes in, values and files come out."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Annotated, Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import graphflow
from graphflow.api import SILENT, Context, File, Folder, node
from graphflow.build import Flow
from graphflow.document import dump, from_json
from graphflow.engine import Engine
from graphflow.errors import NodeFailed, RunCancelled, StorageError, WorkflowError
from graphflow.events import Event
from graphflow.registry import Pack, Registry
from tests.toy import PACK, Clay, Saved, dig, finished, fire, link, throw, workflow

MOULDS = Folder("moulds", (".mould",))


@node("Photograph", category="toy", output=True)
def photograph(clay: Clay, *, prefix: str = "pot", ctx: Context = SILENT) -> Saved:
    """Save a picture that carries the metadata of the run."""
    info, buffer = PngInfo(), io.BytesIO()
    for name, text in ctx.metadata.items():
        info.add_itxt(name, text)
    picture = Image.new("RGB", (8, 8), (len(clay.shape), 0, 0))
    picture.save(buffer, "PNG", pnginfo=info)
    return Saved([ctx.save(buffer.getvalue(), "image/png", name=prefix)])


@node("Bake", category="toy", keep="disk")
def bake(clay: Clay) -> Clay:
    """Take so long that the result is worth keeping."""
    return Clay(f"baked {clay.shape}")


@node("Weigh", category="toy")
def weigh(*, mould: Annotated[File, MOULDS]) -> int:
    """Return how much a mould weighs."""
    return mould.path.stat().st_size


REGISTRY = Registry([PACK, Pack("studio", (photograph, bake, weigh), "2.0", versions={"pillow": "11"})])

POT = workflow(
    {
        "dig": ("Dig", {"name": "red"}),
        "bake": ("Bake", {"clay": link("dig")}),
        "photo": ("Photograph", {"clay": link("bake")}),
    },
    name="A pot",
    inputs={"colour": {"node": "dig", "input": "name"}},
    outputs={"pot": {"node": "bake", "output": "out"}, "files": {"node": "photo", "output": "files"}},
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_a_run_returns_named_outputs_and_the_files_that_it_saved(home: Path) -> None:
    with Engine(home, registry=REGISTRY) as engine:
        results = engine.run(POT, {"colour": "blue"})

    assert results["pot"] == Clay("baked blue")
    assert set(results) == {"pot", "files"}
    (saved,) = results.artifacts
    assert [each.path for each in results["files"]] == [Path(saved.path)]
    assert Path(saved.path).parent == home / "output"
    assert Path(saved.path).read_bytes().startswith(b"\x89PNG")


def test_the_cache_serves_the_next_run_and_the_next_engine(home: Path) -> None:
    first: list[Event] = []
    again: list[Event] = []
    restarted: list[Event] = []

    with Engine(home, registry=REGISTRY) as engine:
        engine.run(POT, emit=first.append)
        engine.run(POT, emit=again.append)
    with Engine(home, registry=REGISTRY) as engine:
        engine.run(POT, emit=restarted.append)

    assert finished(first) == [("dig", "ran"), ("bake", "ran"), ("photo", "ran")]
    assert finished(again) == [("bake", "cached"), ("photo", "ran")]
    assert finished(restarted) == [("bake", "cached"), ("photo", "ran")]


def test_without_caching_everything_runs_and_nothing_is_written(home: Path) -> None:
    events: list[Event] = []

    with Engine(home, registry=REGISTRY, caching=False) as engine:
        engine.run(POT)
        engine.run(POT, emit=events.append)

    assert {how for _, how in finished(events)} == {"ran"}
    assert not (home / "cache" / "results").exists()


def test_the_same_run_into_two_folders_gives_two_equal_files(home: Path, tmp_path: Path) -> None:
    with Engine(home, registry=REGISTRY) as engine:
        for name in ("one", "two"):
            engine.run(POT, out=tmp_path / name)

    (one,), (two,) = (list((tmp_path / name).iterdir()) for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert one.name == two.name
    assert not (home / "output").exists()


def test_a_picture_is_run_again_with_the_inputs_that_it_was_made_with(home: Path, tmp_path: Path) -> None:
    with Engine(home, registry=REGISTRY) as engine:
        first = engine.run(POT, {"colour": "a rather long colour"}, out=tmp_path / "one")

    with Engine(tmp_path / "elsewhere", registry=REGISTRY) as engine:
        second = engine.run(Path(first.artifacts[0].path), out=tmp_path / "two")

    assert second["pot"] == Clay("baked a rather long colour")
    assert second.artifacts[0].sha256 == first.artifacts[0].sha256


def test_a_picture_says_what_computed_it_and_nothing_of_whose_machine_it_was(home: Path) -> None:
    with Engine(home, registry=REGISTRY) as engine:
        (home / "models" / "moulds").mkdir(parents=True)
        (home / "models" / "moulds" / "round.mould").write_text("round")
        nodes: dict[str, Any] = {
            "weigh": ("Weigh", {"mould": "round.mould"}),
            "dig": ("Dig", {"seed": link("weigh")}),
            "photo": ("Photograph", {"clay": link("dig")}),
        }
        results = engine.run(workflow(nodes))

    with Image.open(results.artifacts[0].path) as picture:
        texts = picture.info
    said = json.loads(texts["graphflow.run"])
    assert said["engine"] == {"graphflow": graphflow.__version__, "python_packages": {"pillow": "11"}}
    assert said["packs"] == {"toy": "", "studio": "2.0"}
    assert said["nodes"]["Photograph"] == {"version": 1, "revision": 1}
    assert list(said["files"]) == ["moulds/round.mould"]
    assert str(home) not in texts["graphflow"] + texts["graphflow.run"]


def test_targets_leave_the_other_outputs_out(home: Path) -> None:
    with Engine(home, registry=REGISTRY) as engine:
        results = engine.run(POT, targets=["pot"])

    assert dict(results) == {"pot": Clay("baked red")}
    assert results.artifacts == ()


def test_a_workflow_is_read_from_a_file_a_name_text_data_or_a_flow(home: Path, tmp_path: Path) -> None:
    text = dump(from_json(POT))
    (tmp_path / "pot.json").write_text(text)
    (home / "workflows").mkdir(parents=True)
    (home / "workflows" / "my pot.json").write_text(text)
    flow = Flow()
    flow.output("pot", flow.add(throw)(flow.add(dig)()))

    with Engine(home, registry=REGISTRY) as engine:
        for source in (tmp_path / "pot.json", str(tmp_path / "pot.json"), "my pot", text.encode(), POT):
            assert engine.run(source, targets=["pot"])["pot"] == Clay("baked red")
        assert engine.run(flow.workflow())["pot"].shape == "pot of clay"


def test_a_mistake_leaves_no_file_and_no_folder_behind(home: Path) -> None:
    with Engine(home, registry=REGISTRY) as engine, pytest.raises(WorkflowError):
        engine.run(POT, {"colour": 7})

    assert not home.exists()


def test_a_failed_node_and_a_cancelled_run_say_so(home: Path) -> None:
    nodes = {"dig": ("Dig", {}), "break": ("Break", {"clay": link("dig")}), "fire": ("Fire", {"clay": link("break")})}

    with Engine(home, registry=REGISTRY) as engine:
        with pytest.raises(NodeFailed, match="clay broke"):
            engine.run(workflow(nodes))
        with pytest.raises(RunCancelled):
            engine.run(POT, cancelled=lambda: True)


def test_a_folder_that_cannot_be_written_is_said_with_the_nodes_name(home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with Engine(home, registry=REGISTRY) as engine, pytest.raises(NodeFailed) as failed:
        engine.run(POT, out=tmp_path / "file" / "out")

    assert (failed.value.problem.code, failed.value.problem.node) == ("storage", "photo")
    assert isinstance(failed.value.__cause__, StorageError)


def test_the_convenient_function_does_the_same(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphflow.engine.load_registry", lambda packs: REGISTRY)

    results = graphflow.run(POT, {"colour": "green"}, home=home)

    assert results["pot"] == Clay("baked green")


def test_a_fired_pot_gets_a_number_and_the_ending_of_its_kind(home: Path) -> None:
    flow = Flow()
    flow.add(fire)(flow.add(dig)(name="red"), prefix="shelf/pot")

    with Engine(home, registry=REGISTRY) as engine:
        saved = [engine.run(flow.workflow()).artifacts[0] for _ in range(2)]

    paths = [Path(each.path).relative_to(home / "output") for each in saved]
    assert [path.suffix for path in paths] == [".txt", ".txt"]
    assert [path.parent for path in paths] == [Path("shelf")] * 2
    assert paths[0] != paths[1]


def test_previews_go_to_a_folder_of_their_own(home: Path) -> None:
    @node("Peek", category="toy", output=True)
    def peek(clay: Clay, *, ctx: Context = SILENT) -> Saved:
        return Saved([ctx.save(b"x", "text/plain", name="peek", kind="preview")])

    nodes: dict[str, Any] = {"dig": ("Dig", {}), "peek": ("Peek", {"clay": link("dig")})}

    with Engine(home, registry=Registry([PACK, Pack("peek", (peek,))])) as engine:
        (saved,) = engine.run(workflow(nodes)).artifacts

    assert saved.purpose == "preview"
    assert Path(saved.path).parent == home / "temp"
