/** Asking the server over HTTP: one door, typed refusals, and patience where the server asks for it. */

import type { ProblemItem, ProblemList } from "./schema.gen";

/** The server said no, or nothing (status 0). */
export class ServerError extends Error {
  override readonly name = "ServerError";

  constructor(
    readonly status: number,
    readonly problems: readonly ProblemItem[],
    /** The revision that is there instead, in a conflict. */
    readonly etag: string | null = null,
    /** Seconds after which it is worth trying again. */
    readonly retryAfter: number | null = null,
  ) {
    super(problems[0]?.message ?? (status === 0 ? "no connection to the server" : `the server answered ${status}`));
  }
}

/** What stands behind the `?`; a list stands there several times, and nothing is said of null. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | null | undefined>>;

export interface Asking {
  readonly query?: Query;
  /** The text of a JSON body. It is text so that whole numbers keep their digits. */
  readonly json?: string;
  readonly bytes?: Blob;
  readonly mediaType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly etag: string | null;
}

/** What every answer tells about the connection. */
export type Heard = "answered" | "silent" | "login";

const listeners = new Set<(heard: Heard) => void>();
const ROUNDS = 3;
const LONGEST_WAIT = 30;

/** Be told whenever the server answers, keeps silent, or wants a login. Returns how to stop. */
export function listenToAnswers(listener: (heard: Heard) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Ask, and return the answer of a success; throw ServerError for everything else, and what the signal threw when it was
 * given up. What may be repeated without harm is repeated when the server is busy (429, 503).
 */
export async function ask(method: string, path: string, asking: Asking = {}): Promise<Answer> {
  for (let round = 1; ; round++) {
    try {
      return await askOnce(method, path, asking);
    } catch (error) {
      const wait = error instanceof ServerError ? patience(method, asking, error) : null;
      if (wait === null || round >= ROUNDS) throw error;
      await pause(wait * round, asking.signal);
    }
  }
}

/** The answer to a question that is answered in JSON without large whole numbers. */
export async function askJson<T>(method: string, path: string, asking: Asking = {}): Promise<T> {
  return JSON.parse((await ask(method, path, asking)).text) as T;
}

/** `api/v1/…` with each part written so that a name with slashes stays one part. */
export function pathTo(...parts: readonly string[]): string {
  return ["api/v1", ...parts.map(encodeURIComponent)].join("/");
}

export function withQuery(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined) continue;
    for (const each of Array.isArray(value) ? (value as readonly string[]) : [String(value)]) search.append(name, each);
  }
  const text = search.toString();
  return text === "" ? path : `${path}?${text}`;
}

export function problemsIn(text: string): readonly ProblemItem[] {
  try {
    return (JSON.parse(text) as Partial<ProblemList>).problems ?? [];
  } catch {
    return [];
  }
}

/** Tell the listeners what an answer of this status says of the connection. */
export function tellHeard(status: number): void {
  const heard = status === 0 ? "silent" : status === 401 ? "login" : "answered";
  for (const listener of listeners) listener(heard);
}

async function askOnce(method: string, path: string, asking: Asking): Promise<Answer> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(withQuery(path, asking.query), requestOf(method, asking));
    text = await response.text();
  } catch (error) {
    if (asking.signal?.aborted) throw error;
    tellHeard(0);
    throw new ServerError(0, []);
  }
  // A proxy answers for a server that is away.
  const status = response.status === 502 || response.status === 504 ? 0 : response.status;
  tellHeard(status);
  if (status === 0) throw new ServerError(0, []);
  const etag = response.headers.get("ETag")?.replace(/^(?:W\/)?"|"$/g, "") ?? null;
  if (response.ok || response.status === 304) return { status: response.status, text, etag };
  throw new ServerError(response.status, problemsIn(text), etag, secondsOf(response.headers.get("Retry-After")));
}

function requestOf(method: string, { json, bytes, mediaType, headers, signal }: Asking): RequestInit {
  const given: Record<string, string> = { Accept: "application/json" };
  // The server wants a content type of everything that changes something: forms of other sites cannot send it.
  if (method !== "GET") given["Content-Type"] = mediaType ?? "application/json";
  return {
    method,
    headers: { ...given, ...headers },
    body: bytes ?? json ?? null,
    signal: signal ?? null,
  };
}

/** Seconds to wait before asking again; null where that would do harm or no good. */
function patience(method: string, { headers }: Asking, error: ServerError): number | null {
  const keyed = headers?.["Idempotency-Key"] !== undefined;
  if (method === "POST" && !keyed) return null;
  if (error.status === 0) return keyed ? 0.5 : null;
  if (error.status !== 429 && error.status !== 503) return null;
  const wait = error.retryAfter ?? 1;
  return wait <= LONGEST_WAIT ? wait : null;
}

function secondsOf(header: string | null): number | null {
  if (header === null) return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, (date - Date.now()) / 1000);
}

async function pause(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", giveUp);
      resolve();
    }, seconds * 1000);
    signal?.addEventListener("abort", giveUp, { once: true });
  });
}
