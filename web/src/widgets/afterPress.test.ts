import { afterEach, expect, test, vi } from "vitest";

import { afterPress } from "./afterPress";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("a menu asked for by the keyboard opens at once", () => {
  const act = vi.fn();
  afterPress(0, act);
  expect(act).toHaveBeenCalledOnce();
});

test("a menu asked for by the mouse opens after its button is up and the click beside has been dealt with", () => {
  vi.useFakeTimers();
  const page = new EventTarget();
  vi.stubGlobal("window", page);
  const act = vi.fn();
  afterPress(2, act);
  expect(act).not.toHaveBeenCalled();
  page.dispatchEvent(new Event("pointerup"));
  expect(act).not.toHaveBeenCalled();
  vi.runAllTimers();
  page.dispatchEvent(new Event("pointerup"));
  vi.runAllTimers();
  expect(act).toHaveBeenCalledOnce();
});
