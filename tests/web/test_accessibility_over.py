"""axe-core finds nothing on what opens over the graph: editors, docks, menus and dialogs, in light and in dark."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Browser, expect

from tests.server.launching import Launched
from tests.web.editor import Editor, open_editor
from tests.web.test_accessibility import violations


def mask_editor(editor: Editor) -> None:
    editor.open("inpaint")
    editor.hand.click(editor.node("mask").get_by_role("button", name="Paint a mask"))
    editor.page.get_by_test_id("mask-overlay").wait_for()


def leave_the_mask(editor: Editor) -> None:
    editor.hand.click(editor.page.get_by_role("button", name="Invert"))
    editor.hand.press("Escape")
    editor.page.get_by_text("Close without this mask?").wait_for()


def compare(editor: Editor) -> None:
    editor.open("txt2img")
    for number, steps in enumerate(("2", "3"), start=1):
        editor.hand.click(editor.field("sampler", "steps"))
        editor.hand.type(steps)
        editor.hand.press("Enter")
        editor.hand.press("Control+Enter")
        editor.ended_job(number)
    editor.hand.press("g")
    editor.hand.click(editor.page.locator(".gallery-list .tile").nth(1), keys="Shift")
    expect(editor.page.get_by_role("slider", name="Divider between A and B")).to_be_visible()


def queue(editor: Editor) -> None:
    editor.open("txt2img")
    editor.hand.click(editor.field("sampler", "steps"))
    editor.hand.type("2000")
    editor.hand.press("Enter")
    for _ in range(2):
        editor.hand.press("Control+Enter")
    expect(editor.node("sampler")).to_contain_text("Step", timeout=60_000)


def log(editor: Editor) -> None:
    editor.hand.click(editor.page.get_by_role("tab", name="Log"))


def stopped(editor: Editor) -> None:
    editor.hand.click(editor.page.get_by_role("tab", name="Queue"))
    for _ in range(2):
        editor.hand.press("Control+Alt+Enter")
        editor.page.wait_for_timeout(500)


def problems(editor: Editor) -> None:
    editor.hand.click(editor.field("sampler", "steps"))
    editor.hand.type("0")
    editor.hand.press("Enter")
    editor.hand.click(editor.port("positive", "in", "clip"))
    editor.hand.press("Escape")
    editor.hand.click(editor.page.get_by_role("tab", name="Problems"))


def conflict(editor: Editor) -> None:
    workflow = editor.ask("/api/v1/workflows/txt2img")["workflow"]
    editor.put("shared", workflow)
    editor.open("shared")
    workflow["nodes"]["sampler"]["inputs"]["steps"] = 5
    etag = editor.page.request.get(f"{editor.server.url}/api/v1/workflows/shared").headers["etag"]
    editor.put("shared", workflow, over=etag)
    editor.hand.click(editor.field("sampler", "steps"))
    editor.hand.type("6")
    editor.hand.press("Enter")
    editor.hand.press("Control+s")
    editor.page.get_by_role("dialog").or_(editor.page.get_by_role("alertdialog")).first.wait_for()


def node_menu(editor: Editor) -> None:
    editor.open("txt2img")
    editor.node("sampler").locator("[data-title]").click(button="right")
    editor.page.get_by_role("menu").wait_for()


def canvas_menu(editor: Editor) -> None:
    editor.hand.press("Escape")
    editor.canvas.click(button="right", position={"x": 40, "y": 40})
    editor.page.get_by_role("menu").wait_for()


def workflow_menu(editor: Editor) -> None:
    editor.hand.press("Escape")
    editor.hand.click(editor.page.get_by_role("button", name="What to do with this workflow"))
    editor.page.get_by_role("menu").wait_for()


def save_as(editor: Editor) -> None:
    editor.hand.press("Escape")
    editor.hand.press("Control+Shift+S")
    editor.page.get_by_role("dialog").wait_for()


def search(editor: Editor) -> None:
    editor.hand.press("Escape")
    editor.hand.double_click(editor.canvas, at=(40, 700))
    editor.page.get_by_test_id("node-search").wait_for()
    editor.hand.type("nothing is called so")


def outline(editor: Editor) -> None:
    editor.hand.press("Escape")
    editor.hand.press("Control+f")
    editor.page.get_by_test_id("outline").wait_for()


def palette(editor: Editor) -> None:
    editor.hand.press("Escape")
    editor.hand.press("Control+k")
    editor.page.wait_for_timeout(300)


def settings(editor: Editor) -> None:
    editor.hand.press("Escape")
    editor.hand.press("Control+,")
    editor.page.get_by_role("dialog").wait_for()


STEPS: tuple[Callable[[Editor], None], ...] = (
    mask_editor,
    leave_the_mask,
    conflict,
    node_menu,
    canvas_menu,
    workflow_menu,
    save_as,
    search,
    outline,
    palette,
    settings,
    compare,
    queue,
    log,
    stopped,
    problems,
)


def test_axe_finds_nothing_over_the_graph(browser: Browser, server: Launched, user: str) -> None:
    found = {}
    with open_editor(browser, server, user, reduced_motion="reduce") as editor:
        editor.watch.allow("409", "412", "422")
        for step in STEPS:
            step(editor)
            editor.page.wait_for_timeout(300)
            if bad := violations(editor):
                found[step.__name__] = bad

    assert found == {}
