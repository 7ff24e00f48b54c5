import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { connect, listen, useConnection, whenOnline, type EventMessage } from "./connection";
import { FakeServer, pass, sockets, teller } from "./testing";

let server: FakeServer;
let stops: (() => void)[] = [];
const heard: EventMessage[] = [];
let refreshed = 0;
let answered: () => void = () => undefined;
const tell = () => teller();

beforeEach(async () => {
  vi.useFakeTimers();
  server = new FakeServer();
  useConnection.setState({ status: "connecting", me: null, retryAt: null });
  heard.length = refreshed = 0;
  stops = [
    listen({
      onEvents: (messages) => heard.push(...messages),
      onRefresh: () => {
        refreshed++;
        return new Promise((resolve) => (answered = resolve));
      },
    }),
    connect("http://server.test/"),
  ];
  await pass();
});

afterEach(() => {
  stops.forEach((stop) => stop());
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const line = () => sockets.at(-1)!;
const begin = async () => {
  line().open();
  line().say({ kind: "subscribed", jobs: "all", after: 40, previews: true });
  await pass();
};
const logged = { kind: "node.logged", node: "a", message: "hello" } as const;

test("one's own jobs are followed, and what happens waits until the beginning is read", async () => {
  await begin();
  expect(line().sent).toEqual([{ kind: "subscribe", jobs: "all", client: "ada", after: null, previews: true }]);

  line().say(tell()("j", logged));
  await pass(100);
  expect([useConnection.getState().status, refreshed, heard.length]).toEqual(["online", 1, 0]);
  answered();
  await pass(20);
  expect(heard).toHaveLength(1);
});

test("after a break the stream goes on behind the last event, and nothing is read anew", async () => {
  await begin();
  answered();
  line().say({ ...tell()("j", logged), seq: 57 });
  line().break();
  expect(useConnection.getState().status).toBe("offline");

  await pass(1000);
  line().open();
  line().say({ kind: "subscribed", jobs: "all", after: 57, previews: true });
  await pass();
  expect(line().sent[0]).toMatchObject({ after: 57 });
  expect([sockets.length, refreshed, useConnection.getState().status]).toEqual([2, 1, "online"]);
});

test("a hole is filled by reading anew; what came before the last snapshot is forgotten", async () => {
  await begin();
  answered();
  await pass();
  const say = teller();
  line().say(say("j", logged), { kind: "resync", reason: "behind", jobs: "all" });
  line().say({ kind: "snapshot", jobs: [], more: true }, say("j", logged));
  await pass(100);
  expect([heard.length, refreshed]).toEqual([0, 1]);

  line().say({ kind: "snapshot", jobs: [], more: false, after: 90 });
  await pass(100);
  answered();
  await pass(100);
  expect([heard.map((each) => "n" in each && each.n), refreshed]).toEqual([[2], 2]);
});

test("many events are told at once", async () => {
  await begin();
  answered();
  await pass();
  let calls = 0;
  stops.push(listen({ onEvents: () => calls++ }));
  const say = teller();
  for (let count = 0; count < 500; count++) line().say(say("j", logged));
  await pass(20);

  expect([calls, heard.length]).toEqual([1, 500]);
});

test("a lost login is told by the next answer, whoever asked", async () => {
  await begin();
  answered();
  server.on("GET me", { status: 401 });
  line().break();
  await pass();

  expect(useConnection.getState().status).toBe("login");
});

test("what waits for the server is done each time that it is back", async () => {
  let times = 0;
  stops.push(whenOnline(() => times++));
  await begin();
  line().break();
  await pass(1000);
  line().open();
  line().say({ kind: "subscribed", jobs: "all", after: 40, previews: true });

  expect(times).toBe(2);
});
