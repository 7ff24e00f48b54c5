"""Both clients against the real application: submit, follow, fetch, and everything else that it offers."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from graphflow.client import ApiError, AsyncClient, Client, JobNotDone
from graphflow.events import NodeFinished
from graphflow.jobs.events import JobChanged
from graphflow.jobs.model import JobState
from graphflow.wire.events import StoredMessage
from graphflow.wire.jobs import OutputValue
from tests.server.pictures import picture
from tests.server.serving import A, B, Served, serving
from tests.toy import Meeting, link, workflow

POTS = workflow(
    {
        "dig": ("Dig", {"name": "red"}),
        "knead": ("Knead", {"clay": link("dig"), "times": 3}),
        "fire": ("Fire", {"clay": link("knead")}),
        "scale": ("Scale", {"factor": 2.0}),
    },
    name="Pots",
    inputs={"colour": {"node": "dig", "input": "name"}, "times": {"node": "knead", "input": "times"}},
    outputs={"pots": {"node": "fire", "output": "files"}, "number": {"node": "scale", "output": "out"}},
)
BROKEN = workflow({"dig": ("Dig", {}), "break": ("Break", {"clay": link("dig")})})


def client(served: Served, user: str = A) -> Client:
    return Client(served.url, served.tokens[user])


def test_submit_follow_and_fetch(tmp_path: Path) -> None:
    with serving(tmp_path) as served, client(served) as ada:
        job = ada.submit(POTS, {"colour": "blue", "times": 2}, labels=["first"], priority=3)
        told = [each for each in job.events() if isinstance(each, StoredMessage)]
        outputs = job.outputs()
        (pot,) = job.files()
        data = ada.fetch(pot)
        kept = ada.save(pot, tmp_path)
        facts = job.get()

    assert [each.n for each in told] == list(range(1, len(told) + 1))
    states = [each.event.state.value for each in told if isinstance(each.event, JobChanged)]
    assert states == ["queued", "running", "done"]
    assert {each.event.node for each in told if isinstance(each.event, NodeFinished)} == {
        "dig", "knead", "fire", "scale"
    }  # fmt: skip
    assert data == b"blue~~"
    assert sha256(data).hexdigest() == pot.sha256
    assert kept.read_bytes() == data
    assert kept.name == pot.name
    number = outputs["number"]
    assert isinstance(number, OutputValue)
    assert number.value == 2.0
    assert (facts.name, facts.priority, facts.labels, facts.client) == ("Pots", 3, ["first"], A)


def test_the_same_from_an_asynchronous_program(tmp_path: Path) -> None:
    async def use(served: Served) -> tuple[bytes, list[int]]:
        async with AsyncClient(served.url, served.tokens[A]) as ada:
            job = await ada.submit(POTS)
            numbers = [each.n async for each in job.events() if isinstance(each, StoredMessage)]
            return await ada.fetch((await job.files())[0]), numbers

    with serving(tmp_path) as served:
        data, numbers = asyncio.run(use(served))

    assert data == b"red~~~"
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_stream_joined_late_tells_only_what_lies_behind(tmp_path: Path) -> None:
    with serving(tmp_path) as served, client(served) as ada:
        job = ada.submit(POTS)
        job.wait(60)
        everything = [each.n for each in job.events() if isinstance(each, StoredMessage)]

        assert [each.n for each in job.events(after=3) if isinstance(each, StoredMessage)] == everything[3:]
        assert list(job.events(after=everything[-1])) == []


def test_a_failed_job_has_no_outputs_and_says_why(tmp_path: Path) -> None:
    with serving(tmp_path) as served, client(served) as ada:
        job = ada.submit(BROKEN, targets=["break"])
        ended = job.wait(60)
        with pytest.raises(JobNotDone) as caught:
            job.outputs()

    assert ended.state is JobState.FAILED
    (problem,) = caught.value.problems
    assert (problem.node, problem.input, problem.hint) == ("break", "clay", "be gentle")


def test_a_workflow_that_cannot_run_is_refused_with_all_of_its_problems(tmp_path: Path) -> None:
    wrong = workflow({"dig": ("Dig", {"seed": -1}), "knead": ("Knead", {"clay": link("dig"), "times": 99})})

    with serving(tmp_path) as served, client(served) as ada, pytest.raises(ApiError) as caught:
        ada.submit(wrong, targets=["knead"])

    assert caught.value.status == 422
    assert {(each.node, each.input) for each in caught.value.problems} == {("dig", "seed"), ("knead", "times")}


def test_a_key_gives_one_job_and_refuses_another_request(tmp_path: Path) -> None:
    with serving(tmp_path) as served, client(served) as ada:
        first, again = ada.submit(POTS, key="one"), ada.submit(POTS, key="one")
        with pytest.raises(ApiError) as caught:
            ada.submit(POTS, {"colour": "green"}, key="one")
        others = ada.submit(POTS)

    assert first.id == again.id != others.id
    assert caught.value.status == 409


def test_a_running_job_is_cancelled_and_tried_again(tmp_path: Path) -> None:
    meeting = Meeting()
    waiting = workflow({"dig": ("Dig", {}), "wait": ("Wait", {"clay": link("dig")})})

    with serving(tmp_path, registry=meeting.registry) as served, client(served) as ada:
        job = ada.submit(waiting, targets=["wait"])
        assert meeting.inside.wait(60)
        with pytest.raises(TimeoutError):
            job.wait(0.2)
        job.cancel()
        assert job.wait(60).state is JobState.CANCELLED
        meeting.go_on.set()
        job.retry()
        assert job.wait(60).state is JobState.DONE
        attempts = {each.attempt for each in job.events() if isinstance(each, StoredMessage)}

    assert attempts == {0, 1, 2}


def test_jobs_are_held_moved_listed_and_deleted(tmp_path: Path) -> None:
    with serving(tmp_path) as served, client(served) as ada, client(served, B) as bob:
        jobs = [ada.submit(POTS, held=True, labels=["row"]) for _ in range(3)]
        assert jobs[2].move("front").state is JobState.HELD
        assert jobs[1].prioritise(7).priority == 7
        assert [each.id for each in ada.jobs(label="row", state=[JobState.HELD])] == [each.id for each in jobs[::-1]]
        assert list(bob.jobs()) == []
        with pytest.raises(ApiError) as caught:
            bob.job(jobs[0].id).get()
        jobs[0].release()
        jobs[0].wait(60)
        jobs[0].delete()
        assert ada.cancel_all() == 2
        assert ada.clear() == 2
        assert list(ada.jobs()) == []

    assert caught.value.status == 404


def test_one_file_of_a_job_is_deleted(tmp_path: Path) -> None:
    with serving(tmp_path) as served, client(served) as ada:
        job = ada.submit(POTS)
        (pot,) = job.files(60)
        job.delete_artifact(pot.sha256)
        with pytest.raises(ApiError) as caught:
            ada.fetch(pot)
        assert job.get().state is JobState.DONE

    assert caught.value.status == 404


def test_more_jobs_than_a_page_holds_are_all_listed(tmp_path: Path) -> None:
    with serving(tmp_path) as served, client(served) as ada:
        ids = [ada.submit(POTS, held=True).id for _ in range(103)]

        assert [each.id for each in ada.jobs()] == ids[::-1]


def test_workflows_are_saved_changed_and_run_by_name(tmp_path: Path) -> None:
    with serving(tmp_path) as served, client(served) as ada:
        saved = ada.workflows.save("shelf/pots", POTS)
        with pytest.raises(ApiError) as twice:
            ada.workflows.save("shelf/pots", POTS)
        changed = ada.workflows.save("shelf/pots", {**POTS, "description": "of clay"}, revision=saved.revision)
        with pytest.raises(ApiError) as late:
            ada.workflows.save("shelf/pots", POTS, revision=saved.revision)
        schema = ada.workflows.schema("shelf/pots")
        job = ada.workflows.run("shelf/pots", {"colour": "green"}, labels=["by name"])
        made = ada.fetch(job.files(60)[0])
        ran = job.workflow()
        revisions = [each.id for each in ada.workflows.revisions("shelf/pots")]
        ada.workflows.duplicate("shelf/pots", "pots 2")
        ada.workflows.rename("pots 2", "pots 3")
        names = [each.name for each in ada.workflows.list() if not each.template]
        ada.workflows.delete("pots 3")
        back = ada.workflows.restore("shelf/pots", saved.revision)

    assert (twice.value.status, late.value.status) == (409, 409)
    assert set(schema["properties"]) == {"colour", "times"}
    assert made == b"green~~~"
    assert ran["nodes"]["dig"]["inputs"]["name"] == "green"
    assert revisions == [changed.revision, saved.revision]
    assert sorted(names) == ["pots 3", "shelf/pots"]
    assert back.workflow is not None
    assert "description" not in back.workflow


def test_a_workflow_is_checked_without_being_run(tmp_path: Path) -> None:
    with serving(tmp_path) as served, client(served) as ada:
        sound = ada.workflows.validate(POTS, {"times": 2})
        wrong = ada.workflows.validate(POTS, {"times": 99, "size": 3})

        assert list(ada.jobs()) == []
    assert sound.sound
    assert {each.node for each in sound.nodes} == {"dig", "knead", "fire", "scale"}
    assert not wrong.sound
    assert len(wrong.problems) == 2


def test_an_upload_comes_back_as_it_went(tmp_path: Path) -> None:
    data = picture(size=(5, 4))
    file = tmp_path / "a red one.png"
    file.write_bytes(data)

    with serving(tmp_path / "home") as served, client(served) as ada:
        sent = ada.upload(file)
        again = ada.upload(data, name="a red one.png")
        mask = ada.upload(data, name="mask.png", mask=True)
        shown: Any = ada.picture(sent)

    assert (sent.name, sent.width, sent.height) == ("a red one.png", 5, 4)
    assert again == sent
    assert mask.name.startswith("masks/")
    assert shown.size == (5, 4)


def test_the_queue_is_for_administrators_and_the_rest_for_everybody(tmp_path: Path) -> None:
    with serving(tmp_path) as served, client(served, "owner") as owner, client(served) as ada:
        with pytest.raises(ApiError) as refused:
            ada.queue.pause()
        assert owner.queue.pause().paused
        job = ada.submit(POTS)
        assert ada.queue.get().counts[JobState.QUEUED] == 1
        assert not owner.queue.resume().paused
        job.wait(60)
        assert owner.clear_cache().disk is not None
        assert ada.memory().held >= 0
        assert owner.free().problems == []
        assert ada.system().user.name == A
        assert "Dig" in {each.id for each in ada.nodes().nodes}
        assert ada.node("Knead").inputs[0].name == "clay"
        assert ada.models("moulds") == []

    assert refused.value.status == 403


def test_a_wrong_token_and_none_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHFLOW_HOME", str(tmp_path / "elsewhere"))
    monkeypatch.delenv("GRAPHFLOW_TOKEN", raising=False)

    with serving(tmp_path) as served:
        for token in ("wrong", None):
            with Client(served.url, token) as stranger, pytest.raises(ApiError) as caught:
                stranger.system()
            assert caught.value.status == 401


def test_the_token_of_ones_own_home_opens_a_server_on_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHFLOW_HOME", str(tmp_path))
    monkeypatch.delenv("GRAPHFLOW_TOKEN", raising=False)

    with serving(tmp_path) as served, Client(served.url) as owner:
        assert owner.system().user.admin
