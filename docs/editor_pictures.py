"""Draw the pictures in docs/editor.md from the real page: a server with the model that ships, and a Chromium.

`python -m docs.editor_pictures [NAME ...]` draws all of them or some. Only the times that the page tells differ from
one drawing to the next.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.browser import FLAGS, chromium
from tests.server.launching import Launched, launched
from tests.web.editor import Editor, open_editor
from tests.web.hand import Spot

PICTURES = Path(__file__).parent / "images"
SEEDS = (15, 14)
"""Of the two pictures that are compared; the second is that of the template."""


def graph(editor: Editor) -> None:
    """Show text to image after a run."""
    make(editor)


def compare(editor: Editor) -> None:
    """Compare two results."""
    make(editor)
    editor.hand.press("g")
    editor.hand.click(editor.page.locator(".gallery-list .tile").nth(1), keys="Shift")
    editor.page.get_by_role("slider", name="Divider between A and B").wait_for()


def mask(editor: Editor) -> None:
    """Paint a mask for inpainting."""
    editor.open("inpaint")
    editor.hand.click(editor.node("mask").get_by_role("button", name="Paint a mask"))
    box = editor.page.get_by_test_id("mask-overlay").bounding_box()
    if box is None:
        raise SystemExit("the mask editor shows no picture")
    way = ((0.47, 0.16), (0.6, 0.16), (0.6, 0.22), (0.47, 0.22), (0.5, 0.28), (0.57, 0.28))
    spots: list[Spot] = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in way]
    editor.hand.stroke(spots)


def form(editor: Editor) -> None:
    """Show the form after a run."""
    make(editor)
    editor.hand.click(editor.page.get_by_role("button", name="Form", exact=True))
    editor.page.locator("[data-area=form] img").first.wait_for()


SCENES: dict[str, tuple[Callable[[Editor], None], str]] = {
    "editor-light": (graph, "light"),
    "editor-dark": (graph, "dark"),
    "editor-compare": (compare, "dark"),
    "editor-mask": (mask, "light"),
    "editor-form": (form, "light"),
}
"""What each picture shows, and in which theme."""


def make(editor: Editor) -> None:
    """Run text to image with two seeds."""
    editor.open("txt2img")
    for number, seed in enumerate(SEEDS, start=1):
        editor.hand.click(editor.field("sampler", "seed"))
        editor.hand.type(str(seed))
        editor.hand.press("Enter")
        editor.hand.press("Control+Enter")
        if editor.ended_job(number)["state"] != "done":
            raise SystemExit("the run failed")
    editor.picture_of("save").wait_for()
    editor.hand.click(editor.canvas, at=(20, 20))


def draw(name: str, browser: Browser, server: Launched) -> None:
    """Draw one picture, on a server where nothing was done yet."""
    scene, theme = SCENES[name]
    with open_editor(browser, server, server.token, color_scheme=theme, reduced_motion="reduce") as editor:
        scene(editor)
        editor.page.mouse.move(720, 20)
        editor.page.wait_for_timeout(2000)  # until the draft is kept
        file = PICTURES / f"{name}.png"
        editor.page.screenshot(path=file)
    Image.open(file).convert("RGB").save(file, optimize=True)
    print(file)


def main(names: Sequence[str]) -> None:
    """Draw the named pictures, by default all."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for name in names or SCENES:
            with tempfile.TemporaryDirectory() as place, launched(Path(place) / "home") as server:
                draw(name, browser, server)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
