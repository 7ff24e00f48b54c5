/** Reading what a WebSocket brings. */

import type { PreviewHeader, ServerMessage } from "./schema.gen";

export interface Preview extends PreviewHeader {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A message is a JSON text; the numbers in it are small enough for JavaScript's. */
export function readMessage(text: string): ServerMessage {
  return JSON.parse(text) as ServerMessage;
}

/** A binary frame: the header's length in four bytes, the highest first, the header as JSON, and the picture. */
export function readPreview(data: ArrayBuffer): Preview | null {
  if (data.byteLength < 4) return null;
  const length = new DataView(data).getUint32(0);
  if (4 + length > data.byteLength) return null;
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length))) as PreviewHeader;
  return { ...header, bytes: new Uint8Array(data, 4 + length) };
}
