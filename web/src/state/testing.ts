/** A server that the tests play: fetch and WebSocket are the only things that are not real. Never imported by what ships. */

import { vi } from "vitest";

import type { Job, StoredMessage } from "../wire/schema.gen";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly text: string;
}

type Reply = {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly json?: unknown;
  readonly text?: string;
};
type Handler = (asked: Asked) => Reply | Promise<Reply>;

export class FakeSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string | ArrayBuffer }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readyState = 0;
  readonly sent: Record<string, unknown>[] = [];

  constructor(readonly url: string) {
    sockets.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(): void {
    this.readyState = 3;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  say(...messages: readonly object[]): void {
    for (const message of messages) this.onmessage?.({ data: JSON.stringify(message) });
  }

  break(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

export const sockets: FakeSocket[] = [];

/** Answers by `GET jobs/a`; a later one replaces an earlier one. Everything else is 404, and nothing is while `offline`. */
export class FakeServer {
  readonly asked: Asked[] = [];
  offline = false;
  private readonly handlers = new Map<string, Handler>();

  constructor() {
    sockets.length = 0;
    vi.stubGlobal("fetch", (path: string, init: RequestInit) => this.take(path, init));
    vi.stubGlobal("WebSocket", FakeSocket);
    this.on("GET me", { json: { name: "ada", admin: true } });
    this.on("GET jobs", { json: { jobs: [], next: null } });
    this.on("GET queue", { json: { paused: false, counts: {}, running: [] } });
  }

  on(what: string, answer: Handler | Reply): this {
    this.handlers.set(what, typeof answer === "function" ? answer : () => answer);
    return this;
  }

  /** What was asked of this kind, such as `PUT workflows/a`. */
  of(what: string): readonly Asked[] {
    return this.asked.filter(({ method, path }) => `${method} ${path}` === what);
  }

  private async take(url: string, init: RequestInit): Promise<Response> {
    const asked = askedOf(url, init);
    this.asked.push(asked);
    await Promise.resolve();
    init.signal?.throwIfAborted();
    if (this.offline) throw new TypeError("Failed to fetch");
    const reply = await (this.handlers.get(`${asked.method} ${asked.path}`) ?? missing)(asked);
    init.signal?.throwIfAborted();
    return responseOf(reply);
  }
}

function askedOf(url: string, { method = "GET", headers = {}, body }: RequestInit): Asked {
  const { pathname, searchParams } = new URL(url, "http://server.test/");
  const path = decodeURIComponent(pathname.replace("/api/v1/", ""));
  const text = typeof body === "string" ? body : "";
  return { method, path, query: searchParams, headers: new Headers(headers), text };
}

function responseOf({ status = 200, headers = {}, json = {}, text }: Reply): Response {
  const empty = status === 204 || status === 304;
  return new Response(empty ? null : (text ?? JSON.stringify(json)), { status, headers });
}

function missing({ path }: Asked): Reply {
  return problem(404, "unknown", `there is no ${path}`);
}

export function problem(status: number, code: string, message: string, more: object = {}): Reply {
  return { status, json: { problems: [{ code, message, ...more }] } };
}

export function jobOf(id: string, more: Partial<Job> = {}): Job {
  return {
    id,
    state: "queued",
    client: "ada",
    name: null,
    priority: 0,
    labels: [],
    created: 1,
    started: null,
    finished: null,
    attempt: 0,
    cancelling: false,
    position: 0,
    progress: null,
    problem: null,
    outputs: null,
    ...more,
  };
}

/** Numbers events as the server does: `seq` over all jobs, `n` in each. */
export function teller() {
  let seq = 0;
  const counts = new Map<string, number>();
  return (job: string, event: StoredMessage["event"], attempt = 1): StoredMessage => {
    const n = (counts.get(job) ?? 0) + 1;
    counts.set(job, n);
    return { seq: ++seq, n, job, attempt, at: 100 + seq, event };
  };
}

/** Let everything happen that waits for answers, and so many milliseconds. */
export async function pass(milliseconds = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
}
