import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { readPreview } from "./frames";
import { Line, socketUrl } from "./line";

class Socket {
  static made: Socket[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readyState = 1;
  sent: string[] = [];
  constructor() {
    Socket.made.push(this);
  }
  send(text: string) {
    this.sent.push(text);
  }
  close() {
    this.readyState = 3;
  }
}

const waits: (number | null)[] = [];
const heard: unknown[] = [];
const line = (random = () => 1) =>
  new Line(
    "ws://server.test/",
    {
      onOpen: () => heard.push("open"),
      onMessage: (message) => heard.push(message),
      onPreview: ({ node }) => heard.push(node),
      onClose: (seconds) => waits.push(seconds),
    },
    random,
  );

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Socket);
  Socket.made = [];
  waits.length = heard.length = 0;
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const last = () => Socket.made.at(-1)!;

test("it waits longer each time, up to a limit, and begins anew once something was heard", async () => {
  line().open();
  for (let time = 0; time < 7; time++) {
    last().onclose?.({ code: 1006 });
    await vi.advanceTimersByTimeAsync(20_000);
  }
  last().onmessage?.({ data: '{"kind":"pong"}' });
  last().onclose?.({ code: 1006 });

  expect(waits).toEqual([0.5, 1, 2, 4, 8, 16, 20, 0.5]);
});

test("chance spreads the next tries over half of the time", () => {
  line(() => 0).open();
  last().onclose?.({ code: 1006 });

  expect(waits).toEqual([0.25]);
});

test("who is not wanted any more does not come back", async () => {
  line().open();
  last().onclose?.({ code: 4401 });
  await vi.advanceTimersByTimeAsync(60_000);

  expect([waits, Socket.made.length]).toEqual([[null], 1]);
});

test("a silent line is asked for a sign of life, then given up", async () => {
  line().open();
  last().onopen?.();
  await vi.advanceTimersByTimeAsync(15_000);
  expect(last().sent).toEqual(['{"kind":"ping"}']);

  last().onmessage?.({ data: '{"kind":"pong"}' });
  await vi.advanceTimersByTimeAsync(14_000);
  expect(waits).toEqual([]);
  await vi.advanceTimersByTimeAsync(11_500);
  expect([waits.length, Socket.made.length]).toEqual([1, 2]);
});

test("an ended line stays silent", async () => {
  const mine = line();
  mine.open();
  mine.end();
  last().onclose?.({ code: 1006 });
  await vi.advanceTimersByTimeAsync(60_000);

  expect([waits, Socket.made.length]).toEqual([[], 1]);
});

test("a preview is a length, a header and a picture", () => {
  const header = new TextEncoder().encode(
    JSON.stringify({ job: "j", attempt: 1, node: "näh", media_type: "image/webp" }),
  );
  const frame = new Uint8Array([0, 0, 0, header.length, ...header, 7, 8, 9]);

  expect(readPreview(frame.buffer)).toMatchObject({ node: "näh", bytes: new Uint8Array([7, 8, 9]) });
  expect(readPreview(new Uint8Array([0, 0, 9, 9, 1]).buffer)).toBeNull();
});

test("the line goes to the server of the page, under its path", () => {
  expect(socketUrl("https://pictures.example/flow/")).toBe("wss://pictures.example/flow/api/v1/ws");
  expect(socketUrl("http://127.0.0.1:7868/?workflow=a")).toBe("ws://127.0.0.1:7868/api/v1/ws");
});
