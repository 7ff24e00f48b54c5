import { beforeEach, expect, test } from "vitest";

import { dump } from "../../graph/document/write";
import { setValue } from "../../graph/edit/values";
import { PICTURE } from "../../graph/testing";
import { readWorkflow } from "../../graph/document/read";
import { FakeServer } from "../testing";
import { validateWorkflow } from "./jobs";
import { fetchWorkflow } from "./library";
import { jsonOf } from "./texts";

const SOUND = { json: { sound: true, problems: [], nodes: [], inputs: [], outputs: [] } };
const seeded = setValue(PICTURE, null, { node: "sampler", input: "seed" }, 18446744073709551615n);
/** The same workflow as another hand would write it. */
const written = dump(seeded).replaceAll(/\n */g, " ");
let server: FakeServer;

beforeEach(() => {
  server = new FakeServer();
  server.on("POST workflows/validate", SOUND);
  server.on("GET workflows/a", { text: `{"name": "a", "revision": "1", "workflow":  ${written} , "draft": null}` });
});

test("a workflow goes back to the server as it came, to the last digit of its seed", async () => {
  const { workflow } = await fetchWorkflow("a");
  await validateWorkflow(workflow, null);

  expect(jsonOf(workflow).trim()).toBe(written.trim());
  expect(server.of("POST workflows/validate")[0]?.text).toContain('"seed": 18446744073709551615');
});

test("one that was edited goes as it is now", async () => {
  const { workflow } = await fetchWorkflow("a");
  const edited = setValue(workflow, null, { node: "sampler", input: "steps" }, 7n);

  expect(jsonOf(edited)).toBe(dump(edited));
  expect(readWorkflow(jsonOf(edited))).toEqual({ ok: true, workflow: edited });
  expect(jsonOf(edited)).not.toBe(jsonOf(workflow));
});
