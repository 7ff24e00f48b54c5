"""A whole server and its worker under an eye: which files they open, whom they call, what they load."""

from __future__ import annotations

import json
import os
import pickle
import struct
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.server.launching import Launched, launched

EYE = Path(__file__).parent / "eye"
ROOT = Path(__file__).parents[2]
CANARY = "__import__('pathlib').Path({!r}).write_text('loaded')"
LOADER = '{"format":"graphflow/1","nodes":{"a":{"type":"LoadCheckpoint","inputs":{"ckpt_name":"%s"}}}}'


@dataclass(frozen=True, slots=True)
class Seen:
    """What the eye saw, by kind, and what was answered to the questions."""

    lines: tuple[str, ...]
    home: Path
    canary: Path
    log: str
    told: str
    token: str
    states: tuple[str, ...]
    pictures: tuple[bytes, ...]

    def of(self, *kinds: str) -> list[str]:
        """Return what was seen of these kinds, without the kind."""
        return [line.partition(" ")[2] for line in self.lines if line.partition(" ")[0] in kinds]


def traps(home: Path, canary: Path) -> None:
    """Put what runs code when it is loaded into the folders of models and pictures."""
    models = home / "models" / "checkpoints"
    models.mkdir(parents=True)
    code = CANARY.format(str(canary))
    evil = b"\x80\x02c__builtin__\nexec\n(U" + bytes([len(code)]) + code.encode() + b"tR."
    (models / "evil.ckpt").write_bytes(evil)
    (models / "evil.pt").write_bytes(evil)
    (models / "renamed.safetensors").write_bytes(evil)
    (models / "zipped.safetensors").write_bytes(b"PK\x03\x04" + evil)
    text = json.dumps({"__metadata__": {"a": code}}).encode()
    (models / "empty.safetensors").write_bytes(struct.pack("<Q", len(text)) + text)
    bundle = models / "bundle"
    (bundle / "unet").mkdir(parents=True)
    index = {"_class_name": ["pipeline", "Evil"], "unet": ["modeling_x", "Evil"], "trust_remote_code": True}
    (bundle / "model_index.json").write_text(json.dumps(index))
    for name in ("pipeline.py", "modeling_x.py", "__init__.py", "sitecustomize.py", "unet/modeling_x.py"):
        (bundle / name).write_text(code)
    (home / "input").mkdir(parents=True)
    Image.new("RGB", (8, 8), "red").save(home / "input" / "a.png")
    (home / "input" / "out.png").symlink_to("/etc/hostname")
    (home.parent / "input-evil").mkdir()
    Image.new("RGB", (8, 8), "red").save(home.parent / "input-evil" / "a.png")


def visit(running: Launched) -> tuple[str, tuple[str, ...], tuple[bytes, ...]]:
    """Ask for all that there is and for all that should not be; return the answers, and how the jobs ended."""
    told: list[str] = []

    def ask(path: str, method: str = "GET", body: Any = None) -> Any:
        _, answer = running.ask(path, method=method, body=body)
        told.append(json.dumps(answer))
        return answer

    for path in ("me", "system", "system/memory", "nodes", "models", "models/checkpoints", "models/input", "workflows"):
        ask(f"/api/v1/{path}")
    for path in ("jobs", "artifacts", "uploads", "bin", "drafts", "openapi.json"):
        ask(f"/api/v1/{path}")
    for name in ("..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", "out.png", "..%2Finput-evil%2Fa.png"):
        for path in ("uploads", "models/input", "workflows", "artifacts", "models/checkpoints"):
            ask(f"/api/v1/{path}/{name}")
    ids = []
    for name in ("evil.ckpt", "evil.pt", "renamed.safetensors", "zipped.safetensors", "empty.safetensors", "bundle"):
        graph = json.loads(LOADER % name)
        graph["nodes"] |= {
            "p": {"type": "CLIPEncode", "inputs": {"clip": {"node": "a", "output": "clip"}, "text": "x"}}
        }
        ask(f"/api/v1/models/checkpoints/{name}")
        answer = ask("/api/v1/jobs", "POST", {"workflow": graph, "targets": ["p"]})
        ids += [answer["id"]] if "id" in answer else []
    for image in ("/etc/passwd", "../../etc/passwd", "out.png", "../input-evil/a.png"):
        load = {"type": "LoadImage", "inputs": {"image": image}}
        ask("/api/v1/jobs", "POST", {"workflow": {"format": "graphflow/1", "nodes": {"a": load}}, "targets": ["a"]})
    ids.append(ask("/api/v1/jobs", "POST", {"workflow": saving("a picture")})["id"])
    for prefix in ("../../evil", "/var/evil", "..\\evil"):
        ask("/api/v1/jobs", "POST", {"workflow": saving(prefix)})
    states = tuple(wait(running, id)["state"] for id in ids)
    made = ask("/api/v1/artifacts")["artifacts"]
    files = tuple(
        (running.home / "jobs" / "artifacts" / each["sha256"][:2] / each["sha256"]).read_bytes() for each in made
    )
    return "\n".join(told), states, files


def saving(prefix: str) -> dict[str, Any]:
    load = {"type": "LoadImage", "inputs": {"image": "a.png"}}
    images = {"node": "load", "output": "image"}
    save = {"type": "SaveImage", "inputs": {"images": images, "filename_prefix": prefix}}
    return {"format": "graphflow/1", "nodes": {"load": load, "save": save}}


def wait(running: Launched, id: str) -> Any:
    end = time.monotonic() + 120
    while (job := running.ask(f"/api/v1/jobs/{id}")[1])["state"] in ("queued", "running"):
        assert time.monotonic() < end, job
        time.sleep(0.1)
    return job


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    folder = tmp_path_factory.mktemp("watched")
    home, canary, eye = folder / "home", folder / "canary", folder / "eye.log"
    home.mkdir()
    traps(home, canary)
    path = os.pathsep.join([str(EYE), str(ROOT), str(ROOT / "nodes")])
    with launched(home, EYE=str(eye), PYTHONPATH=path) as running:
        told, states, pictures = visit(running)
        token = running.token
        assert running.stop() == 0
        log = running.log.read_text()
    return Seen(tuple(eye.read_text().splitlines()), home, canary, log, told, token, states, pictures)


def allowed(home: Path) -> tuple[str, ...]:
    """Return where a server may read: its home, its program and libraries, and what the system has for everybody."""
    places = {*sysconfig.get_paths().values(), sys.prefix, sys.base_prefix, str(ROOT), str(home.parent / "home.log")}
    system = ("/dev/", "/proc/", "/sys/", "/usr/", "/lib", "/etc/", "/opt/", "/bin", "<", str(Path.home() / ".local"))
    return (*places, *system, str(home))


def test_nothing_is_written_outside_the_home(seen: Seen) -> None:
    own = ("/dev/null", "/dev/tty", str(seen.home) + "/", "/dev/shm", "/tmp/tmp", "/proc/self")  # noqa: S108  tempfile's
    strays = [path for path in seen.of("write") if not path.startswith(own) and "__pycache__" not in path]

    assert any(path.startswith(f"{seen.home}/output/") for path in seen.of("write", "os.rename", "os.link"))
    assert strays == []


def test_nothing_is_read_outside_the_roots(seen: Seen) -> None:
    places = allowed(seen.home)
    strays = {path for path in seen.of("read") if path.startswith("/") and not path.startswith(places)}

    assert len(seen.of("read")) > 100
    assert strays == set()
    forbidden = ("/etc/passwd", "/etc/hostname", str(seen.home.parent / "input-evil"), str(seen.home / "input/out.png"))
    assert not [path for path in seen.of("read") if path.startswith(forbidden)]


def test_nothing_is_unpickled_run_or_imported_from_a_models_folder(seen: Seen) -> None:
    assert not seen.canary.exists()
    assert seen.of("pickle.find_class") == []
    assert seen.of("os.system", "os.exec") == []
    assert [each for each in seen.of("import") if str(seen.home) in each] == []
    assert len([each for each in seen.of("subprocess.Popen") if "graphflow.jobs.worker" in each]) == len(
        seen.of("subprocess.Popen")
    )


def test_nobody_outside_is_called(seen: Seen) -> None:
    local = ("127.0.0.1", "localhost", "::1", "None")
    connected = [each for each in seen.of("socket.connect") if not any(name in each for name in local)]
    looked_up = [each for each in seen.of("socket.getaddrinfo") if each.split(" ")[0].strip("'\"b") not in local]

    assert connected == []
    assert looked_up == []


def test_the_token_is_in_no_log_and_no_answer_and_no_picture(seen: Seen) -> None:
    assert len(seen.token) > 40
    assert seen.token not in seen.log
    assert seen.token not in seen.told
    assert all(seen.token.encode() not in each for each in seen.pictures)


def test_pictures_tell_neither_where_they_were_made_nor_by_whom(seen: Seen) -> None:
    secrets = (str(seen.home).encode(), b"/home/", b"/root", b"/tmp/", b"owner", os.uname().nodename.encode())

    assert seen.pictures
    for picture in seen.pictures:
        assert not [each for each in secrets if each in picture]


def test_jobs_that_load_traps_are_refused_and_others_are_done(seen: Seen) -> None:
    assert seen.states[-1] == "done"
    assert set(seen.states[:-1]) <= {"failed"}


def test_the_eye_sees_what_it_is_there_for(tmp_path: Path) -> None:
    code = (
        f"import pickle, os, socket, subprocess, sys; pickle.loads({pickle.dumps(Path('x'))!r}); open('/etc/hostname')"
    )
    code += "; open('stray', 'w'); subprocess.run([sys.executable, '-c', 'import colorsys'])"
    environment = {**os.environ, "EYE": str(tmp_path / "eye"), "PYTHONPATH": str(EYE)}

    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=tmp_path)

    text = (tmp_path / "eye").read_text()
    for sign in (
        "pickle.find_class pathlib",
        "read /etc/hostname",
        "write stray",
        "subprocess.Popen",
        "import colorsys",
    ):
        assert sign in text, sign
