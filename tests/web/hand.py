"""A person's hand on mouse and keyboard, which counts what it does: a text that is typed in one go counts once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from playwright.sync_api import Locator, Page

Spot = tuple[float, float]
Held = Literal["Alt", "Control", "Shift"]


@dataclass(slots=True)
class Hand:
    """Clicks, drags and types on a page; `done` says what, in order."""

    page: Page
    done: list[str] = field(default_factory=list)

    def click(self, what: Locator, *, at: Spot | None = None, keys: Held | None = None) -> None:
        """Click once: in the middle, or `at` a spot counted from the corner; with a key held."""
        self._note("click", what)
        what.click(position={"x": at[0], "y": at[1]} if at else None, modifiers=[keys] if keys else None)

    def double_click(self, what: Locator, at: Spot | None = None) -> None:
        """Click twice quickly, which is one action."""
        self._note("double-click", what)
        what.dblclick(position={"x": at[0], "y": at[1]} if at else None)

    def drag(self, start: Spot, end: Spot, *, keys: str | None = None, steps: int = 6) -> None:
        """Press, move and let go, on the page; a drag begins after a first small move."""
        self.done.append(f"drag {start} to {end}")
        mouse = self.page.mouse
        if keys:
            self.page.keyboard.down(keys)
        mouse.move(*start)
        mouse.down()
        mouse.move(start[0] + 2, start[1] + 2)
        mouse.move(*end, steps=steps)
        mouse.up()
        if keys:
            self.page.keyboard.up(keys)

    def drag_between(self, start: Locator, end: Locator) -> None:
        """Drag from the middle of one thing to the middle of another."""
        self.drag(middle(start), middle(end))

    def stroke(self, spots: list[Spot]) -> None:
        """Draw through spots of the page without letting go."""
        self.done.append(f"stroke through {len(spots)} spots")
        mouse = self.page.mouse
        mouse.move(*spots[0])
        mouse.down()
        for spot in spots[1:]:
            mouse.move(*spot, steps=4)
        mouse.up()

    def press(self, keys: str) -> None:
        """Press a key, with those that are held, such as `Control+Enter`."""
        self.done.append(f"press {keys}")
        self.page.keyboard.press(keys)

    def type(self, text: str) -> None:
        """Type a text where the focus is."""
        self.done.append(f"type {text!r}")
        self.page.keyboard.type(text)

    def _note(self, what: str, where: Locator) -> None:
        self.done.append(f"{what} {where}")


def middle(what: Locator) -> Spot:
    """Return the middle of a thing on the page; scroll to it first."""
    what.wait_for()
    box = what.bounding_box()
    assert box is not None, f"{what} is not shown"
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
