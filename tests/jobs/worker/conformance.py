"""What every kind of worker does with jobs. A kind passes when a subclass of these, with its `make`, is green."""

from __future__ import annotations

import asyncio
import json
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from typing import ClassVar

import pytest

from graphflow.errors import Problem
from graphflow.events import NodeFinished, NodeLogged, NodePreview, NodeProgress, NodeStarted
from graphflow.home import Home
from graphflow.jobs.blobs import BlobFolder
from graphflow.jobs.events import ArtifactKept
from graphflow.jobs.model import KeptArtifact
from graphflow.jobs.worker import JobDone, JobFailed, JobStopped, Report, Task
from tests.jobs.worker.rig import (
    MakeWorker,
    Nodes,
    begin,
    kinds,
    lines,
    link,
    reports_of,
    run_in_time,
    run_on,
    started,
    task,
    until,
)

CHAIN: Nodes = {
    "one": ("Number", {"value": 1}),
    "two": ("Next", {"value": link("one")}),
    "three": ("Next", {"value": link("two")}),
}


class WorkConformance:
    """Running jobs: what they say, and how they end."""

    make: ClassVar[MakeWorker]

    @pytest.fixture
    def home(self, tmp_path: Path) -> Home:
        return Home(tmp_path / "home")

    def ending(self, home: Home, task: Task) -> Report:
        """Run one task and return its ending."""
        return run_on(self.make(home), task)[0][-1]

    def problem(self, home: Home, task: Task) -> Problem:
        ending = self.ending(home, task)
        assert isinstance(ending, JobFailed)
        return ending.problem

    def test_a_job_says_all_that_happens_in_order_and_its_ending_last(self, home: Home) -> None:
        (reports,) = run_on(self.make(home), task(CHAIN, outputs={"x": ("three", "out")}))

        happened = [(each.kind, each.node) for each in reports if isinstance(each, NodeStarted | NodeFinished)]
        names = ("one", "two", "three")
        assert happened == [(kind, name) for name in names for kind in ("node.started", "node.finished")]
        assert reports[-1] == JobDone(outputs={"x": {"value": 3}})
        assert len(reports) == 7

    def test_a_node_finds_files_that_no_input_names(self, home: Home) -> None:
        folder = home.models / "extras"
        folder.mkdir(parents=True)
        (folder / "some.bin").write_bytes(b"data")

        (reports,) = run_on(self.make(home), task({"look": ("Beside", {})}, outputs={"found": ("look", "out")}))

        assert reports[-1] == JobDone(outputs={"found": {"value": "some.bin"}})

    def test_a_second_job_finds_the_results_of_the_first(self, home: Home) -> None:
        first, second = (task(CHAIN, job, outputs={"x": ("three", "out")}) for job in "ab")
        _, again = run_on(self.make(home), first, second)

        assert again == [NodeFinished(node="three", how="cached"), JobDone(outputs={"x": {"value": 3}})]

    def test_inputs_and_targets_are_the_requests(self, home: Home) -> None:
        nodes: Nodes = {"a": ("Word", {"text": "a"}), "b": ("Word", {"text": "b"})}
        asked = task(
            nodes,
            outputs={"a": ("a", "out"), "b": ("b", "out")},
            takes={"said": ("a", "text")},
            inputs={"said": "hello"},
            targets=["a"],
        )

        assert self.ending(home, asked) == JobDone(outputs={"a": {"value": "hello"}})

    def test_outputs_are_files_values_or_only_a_type(self, home: Home) -> None:
        nodes: Nodes = {
            "big": ("Number", {"value": 2**64 - 1}),
            "save": ("SaveText", {"text": "hello", "times": 2}),
            "none": ("SaveText", {"times": 0}),
            "things": ("Things", {}),
            "nan": ("Nan", {}),
            "half": ("Half", {}),
        }
        outputs = {name: (name, "files" if name in ("save", "none") else "out") for name in nodes}
        (reports,) = run_on(self.make(home), task(nodes, outputs=outputs))

        ending = reports[-1]
        assert isinstance(ending, JobDone)
        file = {
            "sha256": sha256(b"hello").hexdigest(),
            "media_type": "text/plain",
            "size": 5,
            "width": None,
            "height": None,
        }
        assert ending.outputs == {
            "big": {"value": 2**64 - 1},
            "save": [{**file, "name": "note_00001_.txt"}, {**file, "name": "note_00002_.txt"}],
            "none": [],
            "things": {"value": None, "type": "THING"},
            "nan": {"value": None},
            "half": {"value": "half \\ud800 a character"},
        }
        assert any("nan" in each.message for each in reports if isinstance(each, NodeLogged))
        json.dumps(ending.outputs, allow_nan=False)

    def test_a_file_is_kept_under_its_hash_and_under_a_name_for_people(self, home: Home) -> None:
        (reports,) = run_on(self.make(home), task({"save": ("SaveText", {"text": "hello"})}))

        (kept,) = (each for each in reports if isinstance(each, ArtifactKept))
        assert (kept.node, kept.purpose, kept.name, kept.size) == ("save", "output", "note_00001_.txt", 5)
        assert BlobFolder(home.artifacts).get(kept.sha256) == b"hello"
        assert (home.output / kept.name).read_bytes() == b"hello"
        assert str(home.root) not in kept.model_dump_json()

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
    def test_pictures_have_a_width_and_a_height(self, home: Home, kind: str) -> None:
        (reports,) = run_on(self.make(home), task({"paint": ("Paint", {"width": 7, "height": 5, "format": kind})}))

        assert [(each.width, each.height) for each in reports if isinstance(each, ArtifactKept)] == [(7, 5)]

    def test_a_user_reads_and_writes_in_folders_of_their_own(self, home: Home) -> None:
        ann = home.of_user("ann")
        ann.input.mkdir(parents=True)
        (ann.input / "mine.txt").write_text("from ann")
        nodes: Nodes = {"read": ("Read", {"text": "mine.txt"}), "save": ("SaveText", {})}
        asked = task(nodes, "a", user="ann", outputs={"x": ("read", "out")})
        mine, others = run_on(self.make(home), asked, Task("b", 1, asked.body, "bob"))

        assert mine[-1] == JobDone(outputs={"x": {"value": "from ann"}})
        assert [each.name for each in ann.output.iterdir()] == ["note_00001_.txt"]
        assert isinstance(others[-1], JobFailed)
        assert others[-1].problem.code == "no-such-file"

    def test_what_a_job_made_is_another_jobs_input_by_its_hash(self, home: Home) -> None:
        name = f"sha256:{sha256(b'hello').hexdigest()}"
        made = task({"save": ("SaveText", {"text": "hello"})}, "a")
        used = task({"read": ("Read", {"text": name})}, "b", outputs={"x": ("read", "out")})

        assert run_on(self.make(home), made, used)[1][-1] == JobDone(outputs={"x": {"value": "hello"}})

    def test_another_attempt_writes_no_second_file(self, home: Home) -> None:
        nodes: Nodes = {"save": ("SaveText", {"times": 2})}
        (first,) = run_on(self.make(home), task(nodes))
        kept = tuple(
            KeptArtifact(
                "job", 1, each.node, each.name, each.purpose, each.sha256, each.media_type, each.size, None, None
            )
            for each in first
            if isinstance(each, ArtifactKept)
        )
        (home.output / kept[1].name).unlink()  # somebody tidied up, so this one is written anew
        (again,) = run_on(self.make(home), task(nodes, attempt=2, kept=kept))

        names = [each.name for each in again if isinstance(each, ArtifactKept)]
        assert names == ["note_00001_.txt", "note_00002_.txt"]
        assert sorted(each.name for each in home.output.iterdir()) == names

    def test_another_attempt_writes_no_second_file_when_nobody_heard_of_the_first(self, home: Home) -> None:
        nodes: Nodes = {"save": ("SaveText", {})}
        run_on(self.make(home), task(nodes), task(nodes, attempt=2))

        assert [each.name for each in home.output.iterdir()] == ["note_00001_.txt"]

    def test_another_attempt_writes_again_when_nothing_is_left_that_tells_of_the_first(self, home: Home) -> None:
        nodes: Nodes = {"save": ("SaveText", {})}
        run_on(self.make(home), task(nodes))
        rmtree(home.names)
        run_on(self.make(home), task(nodes, attempt=2))

        assert len(list(home.output.iterdir())) == 2

    def test_a_nodes_failure_names_the_node_the_input_and_the_way_out(self, home: Home) -> None:
        problem = self.problem(home, task({"bad": ("Fail", {"message": "it broke"})}))

        assert problem == Problem("broke", "it broke", "bad", "message", "be gentle")

    def test_a_nodes_mistake_is_no_traceback(self, home: Home) -> None:
        problem = self.problem(home, task({"bad": ("Crash", {})}))

        assert (problem.code, problem.node) == ("node-failed", "bad")
        assert "Traceback" not in problem.message
        assert problem.hint == "the worker's log shows where"

    def test_a_node_that_leaves_ends_its_job_and_nothing_else(self, home: Home) -> None:
        left, after = run_on(self.make(home), task({"bad": ("Leave", {})}, "a"), task(CHAIN, "b", targets=["three"]))

        assert isinstance(left[-1], JobFailed)
        assert left[-1].problem.code == "internal"
        assert after[-1] == JobDone(outputs={})

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("", "not-json"),
            ("[]", "bad-request"),
            ('{"workflow": {"format": "graphflow/1", "nodes": {}}, "more": 1}', "bad-request"),
            ('{"workflow": {"format": "graphflow/1", "nodes": {}}, "workflow": {}}', "duplicate-key"),
            ('{"workflow": {"format": "graphflow/1", "nodes": {"a": {"type": "Word"}}, "nodes": {}}}', "duplicate-key"),
            ('{"workflow": {"format": "graphflow/1", "nodes": {"a": {"type": "Gone"}}}}', "unknown-type"),
            (
                '{"workflow": {"format": "graphflow/1", "nodes": {"a": {"type": "Say", "inputs": {"message": NaN}}}}}',
                "not-finite",
            ),
        ],
    )
    def test_a_body_that_cannot_run_fails_with_a_problem(self, home: Home, text: str, code: str) -> None:
        problem = self.problem(home, Task("job", 1, text))

        assert problem.code == code

    def test_odd_texts_arrive_as_they_are_and_half_characters_as_escapes(self, home: Home) -> None:
        odd = "\0 \x1b[31m \u2028 ' \" \\ é 漢 🎈 </script> \n"
        said, half = run_on(
            self.make(home), task({"say": ("Say", {"message": odd})}, "ö"), task({"half": ("SayHalf", {})}, "b")
        )

        assert [each.message for each in said if isinstance(each, NodeLogged)] == [odd]
        assert [each.message for each in half if isinstance(each, NodeLogged)] == ["half \\udcff a character"]
        assert isinstance(half[-1], JobFailed)
        assert half[-1].problem.message == "fails \\udcff oddly"

    def test_a_huge_workflow_and_a_huge_result_pass(self, home: Home) -> None:
        nodes: dict[str, tuple[str, dict[str, object]]] = {"n0": ("Word", {"text": "x" * 3_000_000})}
        nodes |= {f"n{index}": ("Same", {"value": link(f"n{index - 1}")}) for index in range(1, 2000)}
        (reports,) = run_on(self.make(home), task(nodes, outputs={"x": ("n1999", "out")}))

        assert len(reports) == 4001
        assert reports[-1] == JobDone(outputs={"x": {"value": "x" * 3_000_000}})

    def test_progress_tells_step_time_and_rest(self, home: Home) -> None:
        (reports,) = run_on(self.make(home), task({"walk": ("Walk", {"count": 4, "seconds": 0.01})}))

        told = [each for each in reports if isinstance(each, NodeProgress)]
        assert [(each.done, each.total) for each in told] == [(1, 4), (2, 4), (3, 4), (4, 4)]
        assert [each.remaining is None for each in told] == [True, False, False, False]
        assert told[-1].seconds >= 0.03

    def test_previews_come_while_somebody_looks(self, home: Home) -> None:
        walk = {"walk": ("Walk", {"count": 1})}
        (unseen,) = run_on(self.make(home), task(walk))
        (seen,) = run_on(self.make(home), task(walk, "b"), watched=True)

        assert "node.preview" not in kinds(unseen)
        assert [each for each in seen if isinstance(each, NodePreview)] == [
            NodePreview(node="walk", media_type="image/jpeg", data=b"\xff\xd8 picture")
        ]

    def test_previews_can_be_switched_on_while_a_job_runs(self, home: Home) -> None:
        async def scenario() -> None:
            async with started(self.make(home)) as worker:
                running = begin(worker, task({"walk": ("Walk", {"count": 10_000, "seconds": 0.01})}))
                await until(lambda: len(kinds(running.reports)) > 3)
                assert "node.preview" not in kinds(running.reports)
                worker.show(True)
                await until(lambda: "node.preview" in kinds(running.reports))
                worker.cancel("job", 1)
                assert isinstance(await running.end(), JobStopped)

        run_in_time(scenario())

    def test_a_deterministic_job_is_told_so(self, home: Home) -> None:
        alone, shared = (
            task({"alone": ("Alone", {})}, deterministic=each, outputs={"x": ("alone", "out")})
            for each in (True, False)
        )
        reports = run_on(self.make(home), alone, shared)

        assert [each[-1] for each in reports] == [JobDone(outputs={"x": {"value": each}}) for each in (True, False)]

    def test_a_cancelled_job_stops_at_its_next_step(self, home: Home, tmp_path: Path) -> None:
        notes = tmp_path / "notes"

        async def scenario() -> tuple[Report, int]:
            async with started(self.make(home)) as worker:
                nodes: Nodes = {"walk": ("Walk", {"count": 1000, "seconds": 0.1, "notes": str(notes)})}
                running = begin(worker, task(nodes))
                await until(lambda: len(lines(notes)) >= 3)
                worker.cancel("job", 1)
                before = len(lines(notes))
                worker.cancel("job", 1)  # once asked, asking again changes nothing
                ending = await running.end()
                worker.cancel("job", 1)
                worker.cancel("never", 7)
                assert isinstance((await reports_of(worker, task(CHAIN, "b", targets=["one"])))[-1], JobDone)
                return ending, len(lines(notes)) - before

        ending, more = run_in_time(scenario())
        assert ending == JobStopped()
        assert more <= 1

    def test_another_attempts_cancel_does_not_count(self, home: Home, tmp_path: Path) -> None:
        here, there = tmp_path / "here", tmp_path / "there"

        async def scenario() -> Report:
            async with started(self.make(home)) as worker:
                running = begin(worker, task({"meet": ("Meet", {"here": str(here), "there": str(there)})}, attempt=2))
                await until(here.exists)
                worker.cancel("job", 1)
                there.touch()
                return await running.end()

        assert run_in_time(scenario()) == JobDone(outputs={})

    def test_what_a_job_says_is_heard_while_it_goes_on(self, home: Home, tmp_path: Path) -> None:
        here, there = tmp_path / "here", tmp_path / "there"

        async def scenario() -> list[str]:
            async with started(self.make(home)) as worker:
                running = begin(worker, task({"meet": ("Meet", {"here": str(here), "there": str(there)})}))
                await until(lambda: running.reports)
                heard = kinds(running.reports)
                there.touch()
                await running.end()
                return heard

        assert run_in_time(scenario()) == ["node.started"]

    def test_several_slots_run_at_once_and_a_job_more_waits(self, home: Home, tmp_path: Path) -> None:
        def meets(mine: str, other: str) -> Task:
            return task({"meet": ("Meet", {"here": str(tmp_path / mine), "there": str(tmp_path / other)})}, mine)

        async def scenario() -> list[Report]:
            async with started(self.make(home, slots=2)) as worker:
                both = [begin(worker, meets("a", "b")), begin(worker, meets("b", "a"))]
                third = begin(worker, task({"walk": ("Walk", {})}, "c"))
                return [await each.end() for each in (*both, third)]

        assert run_in_time(scenario()) == [JobDone(outputs={})] * 3

    def test_a_listener_who_leaves_takes_the_job_along(self, home: Home, tmp_path: Path) -> None:
        here = tmp_path / "here"

        async def scenario() -> None:
            async with started(self.make(home)) as worker:
                running = begin(worker, task({"meet": ("Meet", {"here": str(here), "there": str(tmp_path / "no")})}))
                await until(here.exists)
                assert running.doing is not None
                running.doing.cancel()
                await asyncio.wait([running.doing])
                assert isinstance((await reports_of(worker, task(CHAIN, "b", targets=["one"])))[-1], JobDone)

        run_in_time(scenario())
