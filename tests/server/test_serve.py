"""`graphflow serve` as people run it: a process of its own, from its start to its end."""

from __future__ import annotations

import signal
import socket
import sqlite3
import ssl
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psutil
import pytest
import trustme

from graphflow.cli import main
from graphflow.jobs.database import FILE
from tests.server.launching import Launched, launched

MOST_MEMORY = 150 * 2**20
"""Resident bytes of the API process, after its start."""


Refused = Callable[..., tuple[int, str]]


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Refused:
    """Return what runs the command where it must not come to serve, and gives its exit code and what it said."""
    for name in ("GRAPHFLOW_HOME", "GRAPHFLOW_TOKEN"):
        monkeypatch.delenv(name, raising=False)

    def run(home: Path, *options: str) -> tuple[int, str]:
        capsys.readouterr()
        code = main(["serve", "--home", str(home), "--port", "0", *options])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    with launched(tmp_path_factory.mktemp("server") / "home") as server:
        yield server


def test_a_server_says_where_it_is_and_lets_its_owner_in(running: Launched) -> None:
    assert running.said["kind"] == "serve.ready"
    assert running.url.startswith("http://127.0.0.1:")
    assert running.ask("/readyz") == (200, {"status": "ok"})
    assert running.ask("/api/v1/me") == (200, {"name": "owner", "admin": True})


def test_many_readers_at_once_begin_no_more_threads(running: Launched) -> None:
    process = psutil.Process(running.process.pid)
    at_first = process.num_threads()

    with ThreadPoolExecutor(40) as readers:
        answers = list(readers.map(lambda _: running.ask("/api/v1/jobs")[0], range(400)))

    assert set(answers) == {200}
    assert process.num_threads() == at_first


def test_what_it_says_holds_a_code_and_no_token(running: Launched) -> None:
    code = running.said["login"].partition("#code=")[2]

    assert running.token not in str(running.said)
    assert running.ask("/api/v1/login", method="POST", body={"secret": code})[0] == 204
    assert running.ask("/api/v1/login", method="POST", body={"secret": code})[0] == 401


def test_the_api_process_is_small_and_holds_no_torch(running: Launched) -> None:
    running.ask("/api/v1/me")
    process = psutil.Process(running.process.pid)

    assert process.memory_info().rss <= MOST_MEMORY
    assert not [each.path for each in process.memory_maps() if "torch" in each.path]


def test_no_log_holds_a_token_a_code_or_a_query(running: Launched) -> None:
    code = running.said["login"].partition("#code=")[2]
    running.ask("/api/v1/me?name=in-the-query")
    running.ask("/nowhere?token=in-the-query")
    running.ask("/api/v1/me", token="a-wrong-token")  # noqa: S106
    with socket.create_connection(("127.0.0.1", int(running.url.rpartition(":")[2]))) as line:
        line.sendall(f"GET / HTTP/1.1\r\nAuthorization: Bearer {running.token}\x00\r\n\r\n".encode())
        line.recv(1000)

    logs = [running.log, *(running.home / "logs").rglob("*.log")]
    text = "".join(each.read_text() for each in logs)
    assert "GET /nowhere 404" in text, "or nothing was logged and nothing is shown"
    for secret in (running.token, code, "in-the-query", "a-wrong-token", "Bearer"):
        assert secret not in text
    assert "Traceback" not in text


def test_a_second_server_on_one_home_refuses_and_names_the_first(running: Launched, refused: Refused) -> None:
    code, text = refused(running.home)

    assert code == 1
    assert f"process {running.process.pid}" in text
    assert running.url in text
    assert "Traceback" not in text


def test_a_port_that_is_taken_is_said_with_a_way_out(running: Launched, tmp_path: Path, refused: Refused) -> None:
    port = running.url.rpartition(":")[2]
    code, text = refused(tmp_path / "other", "--port", port)

    assert code == 2
    assert f"another program listens on 127.0.0.1:{port}" in text
    assert f"--port {int(port) + 1}" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--host", "0.0.0.0"), "tokens would travel in clear text"),  # noqa: S104
        (("--host", "::"), "tokens would travel in clear text"),
        (("--tls-cert", "a.pem"), "belong together"),
        (("--tls-cert", "no.pem", "--tls-key", "no.pem"), "cannot use the certificate"),
        (("--cors-origin", "*"), "this is no origin"),
        (("--cors-origin", "https://*.example.org"), "this is no origin"),
        (("--allow-host", "*"), "this is no host"),
        (("--host", "203.0.113.1", "--insecure-http"), "cannot listen"),
        (("--port", "99999"), "a port is a number"),
        (("--slots", "0"), "a whole number from 1"),
    ],
)
def test_what_would_not_be_safe_or_makes_no_sense_does_not_start(
    tmp_path: Path, refused: Refused, options: tuple[str, ...], message: str
) -> None:
    code, text = refused(tmp_path / "home", *options)

    assert code == 2
    assert message in text
    assert "Traceback" not in text


def test_an_empty_token_does_not_start_a_server(
    tmp_path: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHFLOW_TOKEN", "")
    code, text = refused(tmp_path / "home", "--host", "0.0.0.0", "--insecure-http")  # noqa: S104

    assert (code, "16 are needed" in text) == (2, True)


def test_beyond_this_machine_it_listens_on_purpose_only_and_never_without_a_token(tmp_path: Path) -> None:
    chosen = "a token that somebody chose"
    with launched(tmp_path / "home", "--host", "0.0.0.0", "--insecure-http", GRAPHFLOW_TOKEN=chosen) as server:  # noqa: S104
        assert server.url.startswith("http://localhost:")
        assert server.ask("/api/v1/me", token=chosen)[0] == 200
        assert server.ask("/api/v1/me")[0] == 401, "the environment's token stands in for the home's"
        assert server.stop() == 0


def test_https_is_served_with_a_certificate(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(b"".join(each.bytes() for each in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(key)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    with launched(tmp_path / "home", "--tls-cert", str(chain), "--tls-key", str(key)) as server:
        assert server.url.startswith("https://127.0.0.1:")
        assert server.ask("/api/v1/me", tls=trusting)[0] == 200
        code = server.said["login"].partition("#code=")[2]
        request = urllib.request.Request(  # noqa: S310  our own
            f"{server.url}/api/v1/login",
            f'{{"secret": "{code}"}}'.encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, context=trusting, timeout=30) as response:  # noqa: S310
            cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-graphflow-")
    assert "Secure" in cookie


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_in_order(tmp_path: Path, how: signal.Signals) -> None:
    home = tmp_path / "home"
    with launched(home) as server:
        assert server.ask("/api/v1/me")[0] == 200
        children = server.children()
        assert server.stop(how) == 0
        gone, alive = psutil.wait_procs(children, timeout=10)

    assert (len(gone), alive) == (len(children), [])
    assert not (home / "jobs" / f"{FILE}-wal").exists(), "its log was brought into the database"
    with closing(sqlite3.connect(home / "jobs" / FILE)) as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
    assert not (home / "server.json").exists()
    assert "Traceback" not in server.log.read_text()


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with launched(tmp_path / "home") as server:
        children = server.children()
        begun = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        server.process.send_signal(signal.SIGINT)
        server.process.wait(20)
        took = time.monotonic() - begun
        psutil.wait_procs(children, timeout=10)

    assert took < 10
    assert not any(each.is_running() for each in children)
    assert "Traceback" not in server.log.read_text()


def test_a_killed_server_leaves_no_worker_behind_and_its_home_to_the_next(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with launched(home) as server:
        children = server.children()
        server.process.kill()
        _, alive = psutil.wait_procs(children, timeout=20)
    assert alive == []

    with launched(home) as again:
        assert again.ask("/readyz")[0] == 200
