/** Draws a whole graph on one canvas: for the view from afar and for the map. */

import type { Box, Group } from "../../graph/document/model";
import type { Viewport, Size } from "../../graph/viewport";
import type { Scene } from "../../state/scene";
import type { Standing } from "../../state/standing";
import { socketClass } from "../../widgets/socket";

export interface Painting {
  readonly scene: Scene;
  readonly groups: Iterable<Group>;
  readonly selected: ReadonlySet<string>;
  readonly standings: ReadonlyMap<string, Standing>;
  /** What stands before a node's name in `standings`. */
  readonly prefix: string;
}

export interface Palette {
  readonly node: string;
  readonly accent: string;
  readonly danger: string;
  readonly text: string;
  readonly group: string;
  readonly line: string;
  readonly font: string;
  readonly socket: (type: string) => string;
}

const STRIP = 8;

/** The colours of the theme that is on; sockets are asked for by the type that they carry. */
export function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  const value = (name: string) => style.getPropertyValue(name).trim();
  const sockets = new Map<string, string>(); // asking the style costs more than drawing a node
  return {
    node: value("--overview"),
    accent: value("--accent"),
    danger: value("--danger"),
    text: value("--text"),
    group: value("--chrome"),
    line: value("--line"),
    font: value("--font"),
    socket: (type) => {
      const known = sockets.get(type) ?? value(`--${socketClass(type)}`);
      sockets.set(type, known);
      return known;
    },
  };
}

/** Fit a canvas to its size on the screen, in the screen's own pixels, and return what draws on it, cleared. */
export function prepare(canvas: HTMLCanvasElement, { width, height }: Size): CanvasRenderingContext2D | null {
  const dense = window.devicePixelRatio;
  if (canvas.width !== Math.round(width * dense)) canvas.width = Math.round(width * dense);
  if (canvas.height !== Math.round(height * dense)) canvas.height = Math.round(height * dense);
  const context = canvas.getContext("2d");
  context?.setTransform(dense, 0, 0, dense, 0, 0);
  context?.clearRect(0, 0, width, height);
  return context;
}

export function paintOverview(
  context: CanvasRenderingContext2D,
  painting: Painting,
  at: Viewport,
  palette: Palette,
): void {
  context.save();
  context.translate(at.x, at.y);
  context.scale(at.zoom, at.zoom);
  for (const group of painting.groups) paintGroup(context, group, at.zoom, palette);
  context.globalAlpha = 0.75;
  context.lineWidth = Math.max(2, 1 / at.zoom);
  for (const [type, path] of linkPaths(painting.scene)) {
    context.strokeStyle = palette.socket(type);
    context.stroke(path);
  }
  context.globalAlpha = 1;
  for (const { name, box, signature } of painting.scene.nodes.values()) {
    context.fillStyle = palette.node;
    rounded(context, box, 8);
    context.fill();
    context.fillStyle = palette.socket(signature.outputs[0]?.type ?? signature.inputs[0]?.type ?? "*");
    rounded(context, { ...box, height: STRIP + 4 }, [8, 8, 0, 0]);
    context.fill();
    const ring = ringOf(painting, name, palette);
    if (ring !== null) paintRing(context, box, ring, 2 / at.zoom);
  }
  context.restore();
}

export function paintMap(context: CanvasRenderingContext2D, painting: Painting, at: Viewport, palette: Palette): void {
  for (const { name, box } of painting.scene.nodes.values()) {
    const small = {
      x: at.x + box.x * at.zoom,
      y: at.y + box.y * at.zoom,
      width: box.width * at.zoom,
      height: box.height * at.zoom,
    };
    context.fillStyle = palette.node;
    rounded(context, small, 1.5);
    context.fill();
    const ring = ringOf(painting, name, palette);
    if (ring === null) continue;
    context.strokeStyle = ring;
    context.lineWidth = 1.5;
    context.stroke();
  }
}

function paintGroup(context: CanvasRenderingContext2D, group: Group, zoom: number, palette: Palette): void {
  context.fillStyle = palette.group;
  rounded(context, group, 12);
  context.fill();
  context.fillStyle = palette.text;
  context.font = `600 ${12 / zoom}px ${palette.font}`;
  context.fillText(group.title, group.x, group.y - 8 / zoom);
}

function paintRing(context: CanvasRenderingContext2D, box: Box, color: string, width: number): void {
  context.strokeStyle = color;
  context.lineWidth = width;
  rounded(
    context,
    { x: box.x - width, y: box.y - width, width: box.width + 2 * width, height: box.height + 2 * width },
    8 + width,
  );
  context.stroke();
}

function ringOf({ selected, standings, prefix }: Painting, name: string, palette: Palette): string | null {
  const standing = standings.get(prefix + name)?.kind;
  if (standing === "error") return palette.danger;
  return standing === "running" || selected.has(name) ? palette.accent : null;
}

/** All links of one colour as one path: strokes cost by their number. */
function linkPaths({ links }: Scene): ReadonlyMap<string, Path2D> {
  const paths = new Map<string, Path2D>();
  for (const { type, path } of links) {
    const all = paths.get(type) ?? new Path2D();
    all.addPath(new Path2D(path));
    paths.set(type, all);
  }
  return paths;
}

function rounded(context: CanvasRenderingContext2D, { x, y, width, height }: Box, radius: number | number[]): void {
  context.beginPath();
  context.roundRect(x, y, width, height, radius);
}
