import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { ask, listenToAnswers, pathTo, withQuery, type Heard, type ServerError } from "./http";

let replies: (() => Response)[] = [];
let asked = 0;
const heard: Heard[] = [];
let deaf: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  asked = 0;
  heard.length = 0;
  deaf = listenToAnswers((each) => heard.push(each));
  vi.stubGlobal("fetch", () => {
    const reply = replies[Math.min(asked++, replies.length - 1)];
    return Promise.resolve().then(() => reply!());
  });
});

afterEach(() => {
  deaf();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const says =
  (status: number, body: unknown = {}, headers = {}) =>
  () =>
    new Response(JSON.stringify(body), { status, headers });
const silence = () => {
  throw new TypeError("Failed to fetch");
};
const refusal = async (asking: Promise<unknown>) => {
  const caught = asking.then(
    () => null,
    (error: unknown) => error as ServerError,
  );
  await vi.runAllTimersAsync();
  return caught;
};

test("a refusal brings all problems and the revision that is there", async () => {
  const problems = [{ code: "conflict", message: "somebody saved first", hint: "read it again" }];
  replies = [says(409, { problems }, { ETag: '"r2"' })];

  expect(await refusal(ask("PUT", "api/v1/workflows/a"))).toMatchObject({ status: 409, etag: "r2", problems });
});

test("silence and a lost login are told to who listens", async () => {
  replies = [silence, says(401), says(200)];
  const [silent, login] = [await refusal(ask("GET", "a")), await refusal(ask("GET", "a"))];
  await ask("GET", "a");

  expect([silent?.status, login?.status, heard]).toEqual([0, 401, ["silent", "login", "answered"]]);
});

test("a proxy that answers for a server that is away is silence", async () => {
  replies = [says(502)];

  expect([(await refusal(ask("GET", "a")))?.status, heard]).toEqual([0, ["silent"]]);
});

test("a busy server is asked again when it says so", async () => {
  replies = [says(503, {}, { "Retry-After": "2" }), says(200, { fine: true })];
  const answer = ask("GET", "api/v1/queue");

  await vi.advanceTimersByTimeAsync(1900);
  expect(asked).toBe(1);
  await vi.advanceTimersByTimeAsync(200);
  expect((await answer).text).toBe('{"fine":true}');
});

test("only what carries a key is posted twice", async () => {
  replies = [silence, says(202)];
  expect((await refusal(ask("POST", "api/v1/jobs")))?.status).toBe(0);
  expect(asked).toBe(1);

  asked = 0;
  const keyed = ask("POST", "api/v1/jobs", { headers: { "Idempotency-Key": "k" } });
  await vi.runAllTimersAsync();
  expect([(await keyed).status, asked]).toEqual([202, 2]);
});

test("patience ends", async () => {
  replies = [says(429, {}, { "Retry-After": "1" })];

  expect(await refusal(ask("GET", "a"))).toMatchObject({ status: 429, retryAfter: 1 });
  expect(asked).toBe(3);
});

test("what is given up is no problem of the server", async () => {
  const given = new AbortController();
  replies = [says(503, {}, { "Retry-After": "9" })];
  const asking = refusal(ask("GET", "a", { signal: given.signal }));
  given.abort(new Error("changed my mind"));

  expect((await asking)?.message).toBe("changed my mind");
});

test("a name with slashes stays one part of a path", () => {
  expect(pathTo("workflows", "portraits/évening", "draft")).toBe("api/v1/workflows/portraits%2F%C3%A9vening/draft");
  expect(withQuery("a", { state: ["queued", "held"], limit: 5, client: null })).toBe(
    "a?state=queued&state=held&limit=5",
  );
});
