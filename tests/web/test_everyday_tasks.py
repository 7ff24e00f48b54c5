"""Everyday tasks on a graph, each done with as many actions as docs/editor.md says."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.web.documented import counted, everyday_tasks
from tests.web.editor import Editor, wait_until
from tests.web.hand import Spot, middle

TASKS = {
    "find a node",
    "add a node",
    "wire two nodes",
    "set a prompt",
    "run",
    "undo",
    "save",
    "reopen",
    "compare two results",
    "mask and inpaint",
    "make a subgraph",
    "share",
}


def move(editor: Editor, node: str) -> None:
    """Drag a node a little."""
    x, y = middle(editor.node(node).locator("[data-title]"))
    editor.hand.drag((x, y), (x + 40, y + 60))


def around(editor: Editor, *nodes: str) -> tuple[Spot, Spot]:
    """Return two corners of the page between which some nodes lie."""
    boxes = [box for node in nodes if (box := editor.node(node).bounding_box())]
    left, top = min(box["x"] for box in boxes), min(box["y"] for box in boxes)
    right, bottom = max(box["x"] + box["width"] for box in boxes), max(box["y"] + box["height"] for box in boxes)
    return (left - 12, top - 12), (right + 12, bottom + 12)


def test_the_document_counts_every_task_and_each_is_small() -> None:
    assert set(everyday_tasks()) == TASKS
    assert max(everyday_tasks().values()) <= 3


def test_find_a_node(editor: Editor) -> None:
    editor.open("train-a-model")
    editor.hand.press("1")  # most of it is out of sight now
    expect(editor.node("save")).not_to_be_in_viewport()

    with counted(editor, "find a node"):
        editor.hand.press("Control+f")
        editor.page.get_by_test_id("outline").wait_for()
        editor.hand.type("save")
        editor.hand.press("Enter")

    expect(editor.node("save")).to_be_focused()
    expect(editor.node("save")).to_be_in_viewport()


def test_add_a_node(editor: Editor) -> None:
    editor.open("txt2img")
    expect(editor.page.locator("[data-node]")).to_have_count(7)

    with counted(editor, "add a node"):
        editor.hand.double_click(editor.canvas, at=(60, 720))
        editor.page.get_by_test_id("node-search").wait_for()
        editor.hand.type("upscale by")
        editor.hand.press("Enter")

    expect(editor.page.locator("[data-node]")).to_have_count(8)
    types = [
        node["type"] for node in editor.kept(lambda draft: len(draft["nodes"]) == 8, "it is kept")["nodes"].values()
    ]
    assert "LatentUpscaleBy" in types


def test_wire_two_nodes(editor: Editor) -> None:
    editor.open("txt2img")

    with counted(editor, "wire two nodes"):
        editor.hand.drag_between(editor.port("positive", "out", "out"), editor.port("sampler", "in", "negative"))

    link = {"node": "positive", "output": "out"}
    editor.kept(lambda draft: draft["nodes"]["sampler"]["inputs"]["negative"] == link, "they are wired")


def test_set_a_prompt(editor: Editor) -> None:
    editor.open("txt2img")
    wanted = "a blue house at night"

    with counted(editor, "set a prompt"):
        editor.hand.click(editor.field("positive", "text"))
        editor.hand.press("Control+a")
        editor.hand.type(wanted)

    editor.kept(lambda draft: draft["nodes"]["positive"]["inputs"]["text"] == wanted, "the prompt is set")


def test_run(editor: Editor) -> None:
    editor.open("txt2img")

    with counted(editor, "run"):
        editor.hand.press("Control+Enter")

    assert editor.ended_job()["state"] == "done"
    expect(editor.picture_of("save")).to_be_visible()


def test_undo(editor: Editor) -> None:
    editor.open("txt2img")
    before = editor.ask("/api/v1/workflows/txt2img")["workflow"]["view"]["latent"]
    move(editor, "latent")
    editor.kept(lambda draft: draft["view"]["latent"] != before, "it was moved")

    with counted(editor, "undo"):
        editor.hand.press("Control+z")

    wait_until(lambda: editor.drafts() == [], "nothing is unsaved")


def test_save(editor: Editor) -> None:
    editor.put("evening", editor.ask("/api/v1/workflows/txt2img")["workflow"])
    editor.open("evening")
    before = editor.ask("/api/v1/workflows/evening")["workflow"]["view"]["latent"]
    move(editor, "latent")

    with counted(editor, "save"):
        editor.hand.press("Control+s")

    wait_until(lambda: editor.ask("/api/v1/workflows/evening")["workflow"]["view"]["latent"] != before, "it is saved")


def test_reopen(editor: Editor) -> None:
    editor.put("evening", editor.ask("/api/v1/workflows/txt2img")["workflow"])
    editor.visit()

    with counted(editor, "reopen"):
        editor.hand.press("w")
        editor.hand.click(editor.page.locator("[data-workflow=evening] .panel-row"))

    editor.settled()
    expect(editor.page.locator("[data-node]")).to_have_count(7)


def test_make_a_subgraph(editor: Editor) -> None:
    editor.open("txt2img")
    start, end = around(editor, "positive", "negative", "latent")

    with counted(editor, "make a subgraph"):
        editor.hand.drag(start, end, keys="Shift")
        editor.hand.press("Control+Shift+G")

    made = editor.kept(lambda draft: bool(draft.get("subgraphs")), "the subgraph is kept")
    (inner,) = made["subgraphs"].values()
    assert set(inner["nodes"]) == {"positive", "negative", "latent"}


def test_share(editor: Editor) -> None:
    editor.put("evening", editor.ask("/api/v1/workflows/txt2img")["workflow"])
    editor.open("evening")

    with editor.page.expect_download() as download, counted(editor, "share"):
        editor.hand.click(editor.page.get_by_role("button", name="What to do with this workflow"))
        editor.hand.click(editor.page.get_by_role("menuitem", name="Share as a file"))

    file = editor.page.request.get(f"{editor.server.url}/api/v1/workflows/evening/file").body()
    assert download.value.path().read_bytes() == file
