import { readdirSync } from "node:fs";
import { expect, test } from "vitest";

import { templateWords } from "./templates";

const FOLDER = new URL("../../../workflows/", import.meta.url);
const NAMES = readdirSync(FOLDER).flatMap((file) => (file.endsWith(".json") ? [file.slice(0, -5)] : []));

test("every template that ships has a German title and description", () => {
  expect(NAMES).toContain("txt2img");
  expect(NAMES.filter((name) => templateWords(name, "de") === null)).toEqual([]);
});

test("in English a template speaks for itself, and so does one that nobody knows", () => {
  expect([templateWords("txt2img", "en"), templateWords("of-another-pack", "de")]).toEqual([null, null]);
});
