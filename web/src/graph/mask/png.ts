/**
 * PNG files of 8 bits a channel, written and read byte by byte: a browser's canvas forgets the colours of transparent
 * pixels, and a mask in the alpha channel stands on exactly those.
 */

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and alpha of each pixel, not multiplied. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 4: 2, 6: 4 };

/** Write a picture as RGBA. */
export async function writePng({ width, height, data }: Pixels): Promise<Uint8Array<ArrayBuffer>> {
  const rows = new Uint8Array(height * (4 * width + 1));
  for (let row = 0; row < height; row++) filterUp(data, rows, row, 4 * width);
  const head = new DataView(new ArrayBuffer(13));
  head.setUint32(0, width);
  head.setUint32(4, height);
  head.setUint32(8, 0x08060000); // 8 bits, RGBA, the usual compression and filters
  return join([
    new Uint8Array(SIGNATURE),
    chunk("IHDR", new Uint8Array(head.buffer)),
    chunk("IDAT", await through(rows, new CompressionStream("deflate"))),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

/** Read such a file; null where it is another kind of picture, which the browser must read. */
export async function readPng(bytes: Uint8Array<ArrayBuffer>): Promise<Pixels | null> {
  if (SIGNATURE.some((each, index) => bytes[index] !== each)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const [depth, colour, interlaced] = [view.getUint8(24), view.getUint8(25), view.getUint8(28)];
  const channels = CHANNELS[colour];
  if (depth !== 8 || channels === undefined || interlaced !== 0) return null;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (name === "tRNS") return null;
    if (name === "IDAT") parts.push(bytes.subarray(at + 8, at + 8 + view.getUint32(at)));
  }
  const rows = await through(join(parts), new DecompressionStream("deflate"));
  if (rows.length < height * (width * channels + 1)) return null;
  return { width, height, data: spread(unfiltered(rows, width * channels, height, channels), channels) };
}

function filterUp(data: Uint8ClampedArray, rows: Uint8Array, row: number, length: number): void {
  const start = row * (length + 1);
  rows[start] = row === 0 ? 0 : 2;
  for (let at = 0; at < length; at++) {
    const above = row === 0 ? 0 : (data[(row - 1) * length + at] ?? 0);
    rows[start + 1 + at] = (data[row * length + at] ?? 0) - above;
  }
}

function unfiltered(rows: Uint8Array, length: number, height: number, channels: number): Uint8Array<ArrayBuffer> {
  const plain = new Uint8Array(length * height);
  for (let row = 0; row < height; row++) {
    const filter = rows[row * (length + 1)] ?? 0;
    const to = row * length;
    for (let at = 0; at < length; at++) {
      const left = at < channels ? 0 : (plain[to + at - channels] ?? 0);
      const above = row === 0 ? 0 : (plain[to + at - length] ?? 0);
      const corner = row === 0 || at < channels ? 0 : (plain[to + at - length - channels] ?? 0);
      plain[to + at] = (rows[row * (length + 1) + 1 + at] ?? 0) + guess(filter, left, above, corner);
    }
  }
  return plain;
}

function guess(filter: number, left: number, above: number, corner: number): number {
  switch (filter) {
    case 1:
      return left;
    case 2:
      return above;
    case 3:
      return (left + above) >> 1;
    case 4: {
      const [one, two, three] = [
        Math.abs(above - corner),
        Math.abs(left - corner),
        Math.abs(left + above - 2 * corner),
      ];
      return one <= two && one <= three ? left : two <= three ? above : corner;
    }
    default:
      return 0;
  }
}

function spread(plain: Uint8Array, channels: number): Uint8ClampedArray<ArrayBuffer> {
  const count = plain.length / channels;
  const data = new Uint8ClampedArray(4 * count);
  const grey = channels < 3;
  for (let pixel = 0; pixel < count; pixel++) {
    const from = pixel * channels;
    for (let colour = 0; colour < 3; colour++) data[4 * pixel + colour] = plain[from + (grey ? 0 : colour)] ?? 0;
    data[4 * pixel + 3] = channels % 2 === 0 ? (plain[from + channels - 1] ?? 0) : 255;
  }
  return data;
}

function chunk(name: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const made = new Uint8Array(12 + body.length);
  const view = new DataView(made.buffer);
  view.setUint32(0, body.length);
  for (let at = 0; at < 4; at++) made[4 + at] = name.charCodeAt(at);
  made.set(body, 8);
  view.setUint32(8 + body.length, checksum(made.subarray(4, 8 + body.length)));
  return made;
}

/** CRC-32, as the PNG specification has it in annex D. */
function checksum(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const made = new Uint8Array(parts.reduce((sum, each) => sum + each.length, 0));
  let at = 0;
  for (const each of parts) {
    made.set(each, at);
    at += each.length;
  }
  return made;
}
