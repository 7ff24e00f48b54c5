/** Masks inside pictures, as LoadImage and Mask take them out, and as one sees them while painting. */

import { makeGrid, type Area, type Grid } from "./grid";
import type { Pixels } from "./png";

export type Channel = "alpha" | "red" | "green" | "blue";
export type Look = "hatch" | "colour" | "alone";

const OFFSETS = { red: 0, green: 1, blue: 2, alpha: 3 } as const;
/** The colour of a mask over its picture. */
const TINT = [46, 214, 163] as const;
const EDGE = [190, 255, 205] as const;

/** The mask that a node gives for this picture: alpha is turned round, so that what is erased is made anew. */
export function maskOf({ width, height, data }: Pixels, channel: Channel): Grid {
  const grid = makeGrid(width, height);
  for (let at = 0; at < grid.data.length; at++) {
    const value = data[4 * at + OFFSETS[channel]] ?? 0;
    grid.data[at] = channel === "alpha" ? 255 - value : value;
  }
  return grid;
}

/** A picture from which a node takes this mask: the picture itself with holes for `alpha`, else the mask in grey. */
export function withMask(mask: Grid, channel: Channel, picture: Pixels | null): Pixels {
  const data = new Uint8ClampedArray(4 * mask.data.length);
  for (let at = 0; at < mask.data.length; at++) {
    const value = mask.data[at] ?? 0;
    for (let colour = 0; colour < 3; colour++)
      data[4 * at + colour] = channel === "alpha" ? (picture?.data[4 * at + colour] ?? 0) : value;
    data[4 * at + 3] = channel === "alpha" ? 255 - value : 255;
  }
  return { width: mask.width, height: mask.height, data };
}

/** The picture without its holes: all colours, none transparent. */
export function opaque({ width, height, data }: Pixels): Pixels {
  const filled = data.slice();
  for (let at = 3; at < filled.length; at += 4) filled[at] = 255;
  return { width, height, data: filled };
}

/** What lies over the picture in an area. `grain` is how many pixels of the picture one of the screen has. */
export function overlay(mask: Grid, area: Area, look: Look, grain: number): Uint8ClampedArray<ArrayBuffer> {
  const drawn = new Uint8ClampedArray(4 * area.width * area.height);
  const stripe = Math.max(2, Math.round(5 * grain));
  const edge = Math.max(1, Math.round(grain));
  for (let row = 0; row < area.height; row++) {
    for (let column = 0; column < area.width; column++) {
      const [x, y] = [area.x + column, area.y + row];
      const value = mask.data[y * mask.width + x] ?? 0;
      const to = 4 * (row * area.width + column);
      if (look === "alone") {
        drawn.fill(value, to, to + 3);
        drawn[to + 3] = 255;
        continue;
      }
      if (value === 0) continue;
      const bold = look === "hatch" && onEdge(mask, x, y, edge);
      const striped = look === "hatch" && Math.floor((x + y) / stripe) % 2 === 0;
      const [red, green, blue] = bold ? EDGE : TINT;
      drawn[to] = red;
      drawn[to + 1] = green;
      drawn[to + 2] = blue;
      drawn[to + 3] = bold ? 255 : value * (look === "colour" || striped ? 0.58 : 0.36);
    }
  }
  return drawn;
}

/** Does the mask pass one half within so many pixels? */
function onEdge({ width, height, data }: Grid, x: number, y: number, reach: number): boolean {
  if ((data[y * width + x] ?? 0) < 128) return false;
  const outside = (across: number, down: number) =>
    across >= 0 && down >= 0 && across < width && down < height && (data[down * width + across] ?? 0) < 128;
  return outside(x - reach, y) || outside(x + reach, y) || outside(x, y - reach) || outside(x, y + reach);
}
