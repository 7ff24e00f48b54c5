/** Soft edges: three passes of a box are close to a bell. */

import { within, type Area, type Grid } from "./grid";

/** Write the blurred mask of an area into `to`, which is as large as `from`. A radius of 0 copies. */
export function feather(from: Grid, to: Grid, wanted: Area, radius: number): Area {
  const area = within(from, wanted, 3 * radius);
  if (radius < 1) {
    for (let row = area.y; row < area.y + area.height; row++) {
      const start = row * from.width + area.x;
      to.data.set(from.data.subarray(start, start + area.width), start);
    }
    return area;
  }
  const source = within(from, area, 3 * radius);
  let part = new Float32Array(source.width * source.height);
  for (let row = 0; row < source.height; row++) {
    const start = (source.y + row) * from.width + source.x;
    part.set(from.data.subarray(start, start + source.width), row * source.width);
  }
  for (let pass = 0; pass < 3; pass++) {
    part = box(part, source.width, source.height, radius, 1, source.width);
    part = box(part, source.height, source.width, radius, source.width, 1);
  }
  for (let row = area.y; row < area.y + area.height; row++) {
    const start = (row - source.y) * source.width + area.x - source.x;
    to.data.set(part.subarray(start, start + area.width), row * to.width + area.x);
  }
  return area;
}

/** The mean of 2 * radius + 1 values along each line; the outermost value goes on beyond the edge. */
function box(
  from: Float32Array<ArrayBuffer>,
  length: number,
  lines: number,
  radius: number,
  step: number,
  line: number,
): Float32Array<ArrayBuffer> {
  const to = new Float32Array(from.length);
  for (let index = 0; index < lines; index++) {
    const start = index * line;
    const at = (place: number) => from[start + Math.min(length - 1, Math.max(0, place)) * step] ?? 0;
    let sum = 0;
    for (let place = -radius; place <= radius; place++) sum += at(place);
    for (let place = 0; place < length; place++) {
      to[start + place * step] = sum / (2 * radius + 1);
      sum += at(place + radius + 1) - at(place - radius);
    }
  }
  return to;
}
