/** A WebSocket that comes back by itself: it waits longer each time, and never at the same moment as others. */

import type { ClientMessage, ServerMessage } from "./schema.gen";
import { readMessage, readPreview, type Preview } from "./frames";

export interface Hearer {
  /** The line stands: say what you want to hear. */
  readonly onOpen: () => void;
  readonly onMessage: (message: ServerMessage) => void;
  readonly onPreview: (preview: Preview) => void;
  /** The line is gone; `seconds` until the next try, or null where the server does not want us any more. */
  readonly onClose: (seconds: number | null) => void;
}

/** Why the server ends a line: the token is no longer good. */
const REVOKED = 4401;
const SHORTEST = 0.5;
const LONGEST = 20;
/** Seconds of silence after which we ask for a sign of life, and seconds that it may take. */
const SILENCE = 15;
const ANSWER = 10;

export class Line {
  private socket: WebSocket | null = null;
  private tries = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private watch: ReturnType<typeof setTimeout> | undefined;
  private ended = false;

  constructor(
    private readonly url: string,
    private readonly hearer: Hearer,
    private readonly random: () => number = Math.random,
  ) {}

  /** Connect now, whatever the waiting time. */
  open(): void {
    clearTimeout(this.retry);
    if (this.ended || this.socket) return;
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.heard();
      this.hearer.onOpen();
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      this.tries = 0;
      this.heard();
      this.read(data);
    };
    socket.onclose = ({ code }) => this.lost(socket, code);
  }

  send(message: ClientMessage): void {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(message));
  }

  /** Leave for good. */
  end(): void {
    this.ended = true;
    clearTimeout(this.retry);
    clearTimeout(this.watch);
    this.socket?.close();
    this.socket = null;
  }

  private read(data: string | ArrayBuffer): void {
    if (typeof data === "string") {
      this.hearer.onMessage(readMessage(data));
      return;
    }
    const preview = readPreview(data);
    if (preview) this.hearer.onPreview(preview);
  }

  private heard(): void {
    clearTimeout(this.watch);
    this.watch = setTimeout(() => {
      this.send({ kind: "ping" });
      // A line that died without a word is only noticed by its silence.
      this.watch = setTimeout(() => this.socket && this.lost(this.socket, 0), ANSWER * 1000);
    }, SILENCE * 1000);
  }

  private lost(socket: WebSocket, code: number): void {
    if (this.ended || this.socket !== socket) return;
    clearTimeout(this.watch);
    this.socket = null;
    socket.onmessage = socket.onclose = null;
    socket.close();
    if (code === REVOKED) {
      this.hearer.onClose(null);
      return;
    }
    const longest = Math.min(LONGEST, SHORTEST * 2 ** this.tries++);
    const seconds = longest * (0.5 + 0.5 * this.random());
    this.retry = setTimeout(() => this.open(), seconds * 1000);
    this.hearer.onClose(seconds);
  }
}

/** The address of the server's WebSocket, seen from a page at `base`. */
export function socketUrl(base: string): string {
  const url = new URL("api/v1/ws", base);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
