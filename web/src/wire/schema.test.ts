import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { typesOf } from "../../scripts/types.mjs";

const read = (name: string) => readFileSync(fileURLToPath(new URL(name, import.meta.url)), "utf-8");

// That schema.json is what the server says is for tests/web/test_wire_schema.py, which has the server at hand.
test("the generated types are those of the schema; `npm run schema` writes them anew", async () => {
  expect(read("schema.gen.ts")).toBe(await typesOf(JSON.parse(read("schema.json")) as object));
});
