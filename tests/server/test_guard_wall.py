"""Which names a server answers to, and which other sites' pages it was told to serve: whole texts, no patterns."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphflow.server.wall.guard import is_loopback, make_wall
from tests.server.serving import JSON, serving

SITE = "https://app.example.org"


def test_a_server_knows_its_own_machine_by_its_names_with_the_port() -> None:
    wall = make_wall("127.0.0.1", 7868)

    assert wall.hosts == {"localhost:7868", "127.0.0.1:7868", "[::1]:7868"}
    assert wall.origins == {f"http://{host}" for host in wall.hosts}


def test_the_usual_port_may_be_left_out() -> None:
    assert "localhost" in make_wall("127.0.0.1", 80).hosts
    assert "localhost" in make_wall("127.0.0.1", 443, tls=True).hosts
    assert "localhost" not in make_wall("127.0.0.1", 443).hosts


def test_a_name_is_allowed_with_the_port_or_as_a_proxy_sends_it() -> None:
    wall = make_wall("127.0.0.1", 7868, allowed=["Studio.example", "other.example:9000"])

    assert {"studio.example", "studio.example:7868", "other.example:9000"} <= wall.hosts
    assert "other.example" not in wall.hosts
    assert "https://studio.example" in wall.origins


def test_an_address_of_the_network_is_a_host_where_it_is_listened_on() -> None:
    assert "192.0.2.7:7868" in make_wall("192.0.2.7", 7868).hosts
    assert "[2001:db8::1]:7868" in make_wall("2001:db8::1", 7868).hosts
    assert not make_wall("192.0.2.7", 7868).any_address
    assert make_wall("0.0.0.0", 7868).any_address  # noqa: S104
    assert "0.0.0.0:7868" not in make_wall("0.0.0.0", 7868).hosts  # noqa: S104


@pytest.mark.parametrize(
    ("host", "is_it"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("0.0.0.0", False),  # noqa: S104
        ("", False),
        ("192.0.2.7", False),
        ("localhost.example", False),
        ("::", False),
    ],
)
def test_what_only_this_machine_reaches(host: str, is_it: bool) -> None:
    assert is_loopback(host) is is_it


def test_a_configured_site_may_ask_and_no_other(tmp_path: Path) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    with serving(tmp_path, foreign=(SITE,)) as served:
        preflight = served.ask("OPTIONS", "/api/v1/jobs", user=None, headers={"Origin": SITE, **asked})
        answer = served.ask("GET", "/api/v1/me", headers={"Origin": SITE, "Sec-Fetch-Site": "cross-site"})
        changed = served.ask("POST", "/api/v1/logout", headers={"Origin": SITE, "Sec-Fetch-Site": "cross-site"})

        assert (preflight.status, preflight.headers["Access-Control-Allow-Origin"]) == (204, SITE)
        assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, SITE)
        assert answer.headers["Vary"] == "Origin", "or a cache would hand one site's answer to another"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert changed.status == 204

        for other in (f"{SITE}.evil.example", f"http{SITE[5:]}", f"{SITE}:444", SITE.upper(), "null", f"{SITE}/"):
            preflight = served.ask("OPTIONS", "/api/v1/jobs", user=None, headers={"Origin": other, **asked})
            assert preflight.status in (403, 405)
            refused = served.ask("POST", "/api/v1/logout", headers={"Origin": other})
            assert refused.status == 403
            assert "Access-Control-Allow-Origin" not in preflight.headers.keys() | refused.headers.keys()


def test_a_preflight_for_a_wrong_host_is_refused_like_all_else(tmp_path: Path) -> None:
    with serving(tmp_path, foreign=(SITE,)) as served:
        headers = {"Host": "evil.example", "Origin": SITE, "Content-Type": JSON}

        assert served.ask("OPTIONS", "/api/v1/jobs", headers=headers).code == "wrong-host"


def test_an_allowed_name_is_served_and_its_neighbours_are_not(tmp_path: Path) -> None:
    with serving(tmp_path, allowed=("studio.example",)) as served:
        here = {"Host": "studio.example", "Origin": "https://studio.example"}

        assert served.ask("POST", "/api/v1/logout", headers=here).status == 204
        assert served.ask("GET", "/api/v1/me", headers={"Host": "a.studio.example"}).status == 403
        assert served.ask("GET", "/api/v1/me", headers={"Host": "studio.example.evil.example"}).status == 403
