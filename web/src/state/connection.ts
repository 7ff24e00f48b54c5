/** The one line to the server: what it brings, in order and without a gap, and how it stands. */

import { create } from "zustand";

import { Line, socketUrl } from "../wire/line";
import { listenToAnswers, ServerError, type Heard } from "../wire/http";
import type { Preview } from "../wire/frames";
import type { ProgressMessage, ServerMessage, StoredMessage, UserEntry } from "../wire/schema.gen";
import { fetchMe } from "./api/files";

export type EventMessage = StoredMessage | ProgressMessage;

interface Connection {
  /** `login`: the server does not know this browser any more, see `loginUrl`. */
  readonly status: "connecting" | "online" | "offline" | "login";
  readonly me: UserEntry | null;
  /** When it is tried again, in milliseconds since 1970. */
  readonly retryAt: number | null;
}

export const useConnection = create<Connection>()(() => ({ status: "connecting", me: null, retryAt: null }));

/** Where a browser logs in; the page goes there when `status` is `login`. */
export const loginUrl = "login";

export interface Listener {
  /** Events in the order in which they happened; progress is newest only. */
  readonly onEvents?: (messages: readonly EventMessage[]) => void;
  readonly onPreviews?: (previews: readonly Preview[]) => void;
  /** What was known may be wrong, at the beginning and after a hole: read anew. Events wait for it. */
  readonly onRefresh?: () => Promise<void>;
}

const listeners = new Set<Listener>();
const FRAME = 16;

/** Be told what the line brings. Returns how to stop. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Do something now and whenever the server is there again after it was away. Returns how to stop. */
export function whenOnline(act: () => void): () => void {
  let before = useConnection.getState().status;
  if (before === "online") act();
  return useConnection.subscribe(({ status }) => {
    if (status === "online" && before !== "online") act();
    before = status;
  });
}

/** Log in to the stream of all of one's jobs and stay there. Returns how to leave. */
export function connect(base: string = document.baseURI): () => void {
  const stream = new Stream(base);
  void stream.start();
  current = stream;
  return () => stream.stop();
}

/** Try now instead of at `retryAt`. */
export function reconnect(): void {
  void current?.start();
}

let current: Stream | null = null;

class Stream {
  private readonly line: Line;
  private readonly deaf: () => void;
  private seq: number | null = null;
  private waiting: EventMessage[] = [];
  private previews = new Map<string, Preview>();
  private refreshing = 0;
  /** There is a hole in the stream: what comes waits for the last snapshot. */
  private holed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(base: string) {
    this.line = new Line(socketUrl(base), {
      onOpen: () => this.subscribe(),
      onMessage: (message) => this.take(message),
      onPreview: (preview) => this.look(preview),
      onClose: (seconds) => this.lost(seconds),
    });
    this.deaf = listenToAnswers((heard) => this.heard(heard));
  }

  async start(): Promise<void> {
    try {
      useConnection.setState({ me: await fetchMe() });
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      if (error.status === 401) return; // heard() has said so: only a login helps
    }
    this.line.open();
  }

  stop(): void {
    this.deaf();
    this.line.end();
    clearTimeout(this.timer);
  }

  private subscribe(): void {
    this.holed = false; // if it still is, the server says so again
    const { me } = useConnection.getState();
    if (me === null) void fetchMe().then((found) => useConnection.setState({ me: found }), ignoreRefusal);
    const client = me?.name ?? null; // an administrator would see everybody's
    this.line.send({ kind: "subscribe", jobs: "all", client, after: this.seq, previews: true });
  }

  private take(message: ServerMessage): void {
    if (!("kind" in message)) {
      if ("seq" in message) this.seq = message.seq;
      this.waiting.push(message);
      this.flushSoon();
      return;
    }
    switch (message.kind) {
      case "subscribed":
        if (this.seq === null) {
          this.seq = Number(message.after);
          void this.refresh();
        }
        useConnection.setState({ status: "online", retryAt: null });
        return;
      case "resync":
        this.waiting = []; // it is all in what is read anew
        this.holed = true;
        return;
      case "snapshot":
        if (message.more) return;
        this.seq = message.after ?? this.seq;
        this.holed = false;
        void this.refresh();
        return;
      default:
        return; // answers to what we ask: nothing follows from them
    }
  }

  private async refresh(): Promise<void> {
    this.refreshing++;
    await Promise.all([...listeners].map(({ onRefresh }) => onRefresh?.().catch(ignoreRefusal) ?? Promise.resolve()));
    this.refreshing--;
    this.flushSoon();
  }

  private look(preview: Preview): void {
    this.previews.set(`${preview.job}/${preview.node}`, preview); // the newest of each node is enough
    this.flushSoon();
  }

  /** Many events at once are one change: the page draws at most once in a frame. */
  private flushSoon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.flush();
    }, FRAME);
  }

  private flush(): void {
    if (this.refreshing > 0 || this.holed) return;
    const [events, previews] = [this.waiting, [...this.previews.values()]];
    this.waiting = [];
    this.previews = new Map();
    for (const listener of listeners) {
      if (events.length > 0) listener.onEvents?.(events);
      if (previews.length > 0) listener.onPreviews?.(previews);
    }
  }

  private lost(seconds: number | null): void {
    if (seconds === null) {
      useConnection.setState({ status: "login", retryAt: null });
      return;
    }
    useConnection.setState({ status: "offline", retryAt: Date.now() + seconds * 1000 });
    // A WebSocket does not say why it was refused; a request does.
    void fetchMe().catch(ignoreRefusal);
  }

  private heard(heard: Heard): void {
    const { status } = useConnection.getState();
    if (heard === "login") useConnection.setState({ status: "login", retryAt: null });
    else if (heard === "silent" && status === "connecting") useConnection.setState({ status: "offline" });
  }
}

/** The connection's state says it already. */
function ignoreRefusal(error: unknown): void {
  if (!(error instanceof ServerError)) throw error;
}
