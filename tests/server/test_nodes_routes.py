"""Node types as the editor gets them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from graphflow.api.sockets import feeds, type_name
from graphflow.registry import load_registry
from graphflow.server.catalogue.node_entries import list_of
from tests.server.serving import A, Served, serving
from tests.toy import REGISTRY


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home")) as served:
        yield served


def node(server: Served, id: str) -> dict[str, Any]:
    answer = server.ask("GET", f"/api/v1/nodes/{id}", user=A)
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json
    return found


def test_all_node_types_are_listed_and_sent_once(server: Served) -> None:
    answer = server.ask("GET", "/api/v1/nodes", user=A)
    again = server.ask("GET", "/api/v1/nodes", user=A, headers={"If-None-Match": answer.headers["ETag"]})

    assert [each["id"] for each in answer.json["nodes"]] == [kind.id for kind in REGISTRY.types]
    assert answer.json["packs"] == [{"name": "toy", "version": "", "nodes": len(REGISTRY.types)}]
    assert (again.status, again.body) == (304, b"")


def test_inputs_come_in_their_order_with_all_that_a_form_needs(server: Served) -> None:
    join = node(server, "Join")["inputs"]
    seed = next(each for each in node(server, "Dig")["inputs"] if each["name"] == "seed")
    times = next(each for each in node(server, "Knead")["inputs"] if each["name"] == "times")

    assert [(each["name"], each["socket"], each["widget"]) for each in join] == [
        ("a", "CLAY", None),
        ("b", "CLAY", None),
        ("glue", "STRING", "choice"),
    ]
    assert (join[2]["type"], join[2]["options"], join[2]["default"]) == ("COMBO", ["mud", "slip"], "mud")
    assert (seed["widget"], seed["minimum"], seed["maximum"]) == ("seed", 0, 2**64 - 1)
    assert (times["widget"], times["minimum"], times["maximum"]) == ("integer", 1, 10)


def test_what_is_special_about_an_input_is_told(server: Served) -> None:
    mould = node(server, "Press")["inputs"][1]
    scale = {each["name"]: each for each in node(server, "Scale")["inputs"]}
    pick = {each["name"]: each for each in node(server, "Pick")["inputs"]}

    assert (mould["socket"], mould["widget"]) == (None, "file")
    assert mould["folder"] == {"name": "moulds", "suffixes": [".mould"], "bundle": None}
    assert (scale["weights"]["arity"], scale["weights"]["default"]) == ("values", [])
    assert "odd.name." in scale
    assert (pick["if_true"]["lazy"], pick["if_true"]["socket"], pick["on"]["widget"]) == (True, "*", "toggle")
    assert node(server, "Heap")["inputs"][0]["arity"] == "many"
    assert node(server, "Stack")["inputs"][0]["arity"] == "whole_list"
    assert node(server, "Slice")["outputs"] == [{"name": "out", "type": "CLAY", "list": True}]
    assert node(server, "Fire")["saves"]


def test_a_node_is_found_by_its_other_name_and_a_near_one_is_suggested(server: Served) -> None:
    missing = server.ask("GET", "/api/v1/nodes/Knaed", user=A)

    assert node(server, "Choose")["id"] == "Pick"
    assert (missing.status, missing.code) == (404, "unknown-type")
    assert missing.json["problems"][0]["hint"] == "did you mean 'Knead'?"


def test_sockets_say_what_they_feed_as_the_engine_decides(server: Served) -> None:
    sockets = {each["name"]: each["feeds"] for each in server.ask("GET", "/api/v1/nodes", user=A).json["sockets"]}

    assert sockets["POT"] == ["*", "CLAY", "POT"]
    assert sockets["CLAY"] == ["*", "CLAY"]
    assert sockets["INT"] == ["*", "FLOAT", "INT"]
    assert "POT" in sockets["*"]


def test_each_node_that_ships_is_told_and_each_link_that_fits_is_allowed() -> None:
    registry = load_registry()
    told = list_of(registry)
    fed = {each.name: set(each.feeds) for each in told.sockets}
    entries = {entry.id: entry for entry in told.nodes}

    assert len(entries) == len(registry.types) > 100
    for giving in registry.types:
        for port in giving.outputs:
            for taking in registry.types:
                for entry, shown in zip(taking.inputs, entries[taking.id].inputs, strict=True):
                    if entry.folder is None:
                        allowed = shown.socket in fed[type_name(port.type)]
                        assert allowed == feeds(port.type, entry.type), (giving.id, port, taking.id, entry.name)
