import { expect, test } from "vitest";

import { showKeys } from "./keys";

test("keys are written as they stand on the keyboard", () => {
  expect(["Ctrl+Shift+Z", "Ctrl+ArrowUp", "+", ".", "Escape"].map((each) => showKeys(each, false))).toEqual([
    "Ctrl+Shift+Z",
    "Ctrl+↑",
    "+",
    ".",
    "Esc",
  ]);
  expect(showKeys("Ctrl+Shift+Z", true)).toBe("⌘⇧Z");
});
