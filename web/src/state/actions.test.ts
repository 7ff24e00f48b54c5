import { beforeEach, expect, test } from "vitest";

import { actionFor, chord, offer, perform, useActions } from "./actions";

const press = (key: string, more = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
});

beforeEach(() => {
  useActions.setState({ actions: new Map() });
});

test("an action runs while it is offered and enabled", () => {
  const done: string[] = [];
  let enabled = true;
  const withdraw = offer({ id: "undo", keys: ["Ctrl+Z"], run: () => done.push("undo"), enabled: () => enabled });

  expect(perform("undo")).toBe(true);
  enabled = false;
  expect([perform("undo"), perform("redo")]).toEqual([false, false]);
  withdraw();
  enabled = true;
  expect([perform("undo"), done]).toEqual([false, ["undo"]]);
});

test("keys are written as people read them", () => {
  const pressed = [
    press("z", { ctrlKey: true }),
    press("Z", { metaKey: true, shiftKey: true }),
    press("?", { shiftKey: true }),
    press("F8", { shiftKey: true }),
    press("Enter", { ctrlKey: true, altKey: true }),
  ];

  expect(pressed.map(chord)).toEqual(["Ctrl+Z", "Ctrl+Shift+Z", "?", "Shift+F8", "Ctrl+Alt+Enter"]);
});

test("single letters are left to the field that has the focus", () => {
  const run = () => undefined;
  offer({ id: "queue", keys: ["Q"], run }, { id: "run", keys: ["Ctrl+Enter"], run, inFields: true });

  expect([actionFor(press("q"), false)?.id, actionFor(press("q"), true)]).toEqual(["queue", null]);
  expect(actionFor(press("Enter", { ctrlKey: true }), true)?.id).toBe("run");
});
