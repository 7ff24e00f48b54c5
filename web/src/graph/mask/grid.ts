/** A mask as its bytes: 255 is made anew, 0 is kept. What paints changes the bytes in place and tells where. */

export interface Grid {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** Whole pixels, from its upper left corner up to but not including its lower right one. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function makeGrid(width: number, height: number, value = 0): Grid {
  return { width, height, data: new Uint8ClampedArray(width * height).fill(value) };
}

export function wholeOf({ width, height }: Grid): Area {
  return { x: 0, y: 0, width, height };
}

export function isEmpty(area: Area): boolean {
  return area.width <= 0 || area.height <= 0;
}

/** The part of an area that lies in a grid, grown by a margin before. */
export function within(grid: Grid, { x, y, width, height }: Area, margin = 0): Area {
  const [left, top] = [Math.max(0, Math.floor(x - margin)), Math.max(0, Math.floor(y - margin))];
  const right = Math.min(grid.width, Math.ceil(x + width + margin));
  const bottom = Math.min(grid.height, Math.ceil(y + height + margin));
  return { x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
}

export function union(one: Area | null, other: Area): Area {
  if (one === null || isEmpty(one)) return other;
  if (isEmpty(other)) return one;
  const [x, y] = [Math.min(one.x, other.x), Math.min(one.y, other.y)];
  return {
    x,
    y,
    width: Math.max(one.x + one.width, other.x + other.width) - x,
    height: Math.max(one.y + one.height, other.y + other.height) - y,
  };
}

/** A copy of the bytes of an area, row by row. */
export function cut(grid: Grid, area: Area): Uint8ClampedArray<ArrayBuffer> {
  const part = new Uint8ClampedArray(area.width * area.height);
  for (let row = 0; row < area.height; row++) {
    const from = (area.y + row) * grid.width + area.x;
    part.set(grid.data.subarray(from, from + area.width), row * area.width);
  }
  return part;
}

/** Put such a copy back. */
export function paste(grid: Grid, area: Area, part: Uint8ClampedArray): void {
  for (let row = 0; row < area.height; row++) {
    grid.data.set(part.subarray(row * area.width, (row + 1) * area.width), (area.y + row) * grid.width + area.x);
  }
}

export function fillArea(grid: Grid, wanted: Area, value: number): Area {
  const area = within(grid, wanted);
  for (let row = area.y; row < area.y + area.height; row++) {
    const from = row * grid.width + area.x;
    grid.data.fill(value, from, from + area.width);
  }
  return area;
}

export function invert(grid: Grid): Area {
  for (let at = 0; at < grid.data.length; at++) grid.data[at] = 255 - (grid.data[at] ?? 0);
  return wholeOf(grid);
}

/** Fill what hangs together with a pixel: all around it on the same side of one half. */
export function flood(grid: Grid, x: number, y: number, value: number): Area | null {
  const { width, height, data } = grid;
  const start = y * width + x;
  if (isEmpty(within(grid, { x, y, width: 1, height: 1 }))) return null;
  const side = isPainted(data, start);
  if (side === value >= 128) return null;
  const waiting = [start];
  let area: Area | null = null;
  for (let seed = waiting.pop(); seed !== undefined; seed = waiting.pop()) {
    if (isPainted(data, seed) !== side) continue;
    const row = Math.floor(seed / width);
    let [left, right] = [seed, seed];
    while (left > row * width && isPainted(data, left - 1) === side) left--;
    while (right < (row + 1) * width - 1 && isPainted(data, right + 1) === side) right++;
    data.fill(value, left, right + 1);
    area = union(area, { x: left - row * width, y: row, width: right - left + 1, height: 1 });
    if (row > 0) waiting.push(...runsOf(data, left - width, right - width, side));
    if (row < height - 1) waiting.push(...runsOf(data, left + width, right + width, side));
  }
  return area;
}

/** Where in a row each run of pixels on this side begins. */
function runsOf(data: Uint8ClampedArray, from: number, to: number, side: boolean): number[] {
  const starts: number[] = [];
  for (let at = from; at <= to; at++)
    if (isPainted(data, at) === side && (at === from || isPainted(data, at - 1) !== side)) starts.push(at);
  return starts;
}

function isPainted(data: Uint8ClampedArray, at: number): boolean {
  return (data[at] ?? 0) >= 128;
}

/** How much of it is painted, 0 to 1. */
export function painted({ data }: Grid): number {
  let sum = 0;
  for (const each of data) sum += each;
  return data.length === 0 ? 0 : sum / (255 * data.length);
}
