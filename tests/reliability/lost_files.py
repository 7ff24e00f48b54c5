"""A file that was deleted behind the server's back is made again or refused in words, and is never an error of ours."""

from __future__ import annotations

from pathlib import Path

from tests.reliability.house import House, house
from tests.reliability.records import broken
from tests.reliability.report import Report
from tests.reliability.workflows import link, workflow

TEXT = "a text that is kept"


def deleted_artifacts(folder: Path, *changes: str) -> Report:
    """Delete what a job made, and ask for it, run the job again, and hand it to another one."""
    report = Report("an artifact that was deleted")
    keeping = workflow(
        {"keep": ("KeepOnTheWay", {"text": TEXT}), "pair": ("Pair", {"first": link("keep", "files")})},
        files=("keep", "files"), first=("pair", "out"),
    )  # fmt: skip
    reading = workflow({"read": ("Read", {"text": "placeholder.txt"})}, value=("read", "out"))
    reading["inputs"] = {"text": {"node": "read", "input": "text"}}
    with house(folder, *changes) as server:
        (made,) = server.wait_for(server.submit(keeping))["outputs"]["files"]
        given = {"text": {"artifact": made["sha256"]}}
        read = server.wait_for(server.submit(reading, inputs=given))
        report.expect((read["outputs"] or {}).get("value", {}).get("value") == TEXT, f"an artifact is not read: {read}")
        gone = _delete(server, made["sha256"])
        report.expect(gone, "there was no file to delete")
        status = server.ask("GET", f"artifacts/{made['sha256']}")[0]
        report.expect(status in (404, 410), f"a deleted artifact is answered with {status}")
        refused, answer = server.ask("POST", "jobs", {"workflow": reading, "inputs": given})
        report.expect(refused in (404, 422), f"a job that reads it is answered with {refused}: {answer}")
        again = server.wait_for(server.submit(keeping))
        report.expect(again["state"] == "done", f"the job that made it is {again['state']} now: {again['problem']}")
        status, data = server.ask("GET", f"artifacts/{made['sha256']}")
        report.expect((status, data) == (200, TEXT.encode()), f"what was made again is answered with {status}")
        report.expect(server.stop() == 0, "the server did not stop in order")
    report.faults += broken(server.home)[:5] + server.mistakes()[:5]
    report.say(deleted_files=gone, job_that_reads_it=refused, job_that_makes_it=again["state"])
    return report


def _delete(server: House, sha256: str) -> int:
    """Remove every copy of an artifact, also from the output folder; return how many there were."""
    files = [*server.home.rglob(sha256), *(server.home / "output").rglob("*.txt")]
    for each in files:
        each.unlink()
    return len(files)
