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
const ROUND = 8;
/** Below this zoom nobody sees that corners are round, and square ones are painted in a third of the time. */
const SQUARE = 0.16;

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
  const { links, bodies, strips } = outlines(painting.scene, at.zoom);
  for (const [type, path] of links) {
    context.strokeStyle = palette.socket(type);
    context.stroke(path);
  }
  context.globalAlpha = 1;
  context.fillStyle = palette.node;
  context.fill(bodies);
  for (const [type, path] of strips) {
    context.fillStyle = palette.socket(type);
    context.fill(path);
  }
  for (const [name, color] of rings(painting, palette)) {
    const box = painting.scene.nodes.get(name)?.box;
    if (box) paintRing(context, box, color, 2 / at.zoom);
  }
  context.restore();
}

export function paintMap(context: CanvasRenderingContext2D, painting: Painting, at: Viewport, palette: Palette): void {
  context.save();
  context.translate(at.x, at.y);
  context.scale(at.zoom, at.zoom);
  context.fillStyle = palette.node;
  context.fill(outlines(painting.scene, at.zoom).bodies);
  for (const [name, color] of rings(painting, palette)) {
    const box = painting.scene.nodes.get(name)?.box;
    if (box) paintRing(context, box, color, 1.5 / at.zoom);
  }
  context.restore();
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

/** The nodes that stand out: those that run or failed, and those that are selected. */
function* rings(
  { scene, selected, standings, prefix }: Painting,
  palette: Palette,
): Iterable<readonly [string, string]> {
  for (const name of selected) yield [name, palette.accent];
  for (const [path, { kind }] of standings) {
    if ((kind !== "running" && kind !== "error") || !path.startsWith(prefix)) continue;
    const name = path.slice(prefix.length);
    if (scene.nodes.has(name)) yield [name, kind === "error" ? palette.danger : palette.accent];
  }
}

/** All that has one colour is one path: what is drawn costs by the number of its strokes. */
interface Outlines {
  readonly bodies: Path2D;
  /** By the type that gives the colour. */
  readonly strips: ReadonlyMap<string, Path2D>;
  readonly links: ReadonlyMap<string, Path2D>;
}

const known = { round: new WeakMap<Scene, Outlines>(), square: new WeakMap<Scene, Outlines>() };

/** Made once for a scene: while one looks around, nothing is read or built again. */
function outlines(scene: Scene, zoom: number): Outlines {
  const square = zoom < SQUARE;
  const before = known[square ? "square" : "round"].get(scene);
  if (before) return before;
  const made = { bodies: new Path2D(), strips: new Map<string, Path2D>(), links: courses(scene) };
  for (const { box, signature } of scene.nodes.values()) {
    const strip = entry(made.strips, signature.outputs[0]?.type ?? signature.inputs[0]?.type ?? "*");
    if (square) {
      made.bodies.rect(box.x, box.y, box.width, box.height);
      strip.rect(box.x, box.y, box.width, STRIP + 4);
    } else {
      made.bodies.roundRect(box.x, box.y, box.width, box.height, ROUND);
      strip.roundRect(box.x, box.y, box.width, STRIP + 4, [ROUND, ROUND, 0, 0]);
    }
  }
  known[square ? "square" : "round"].set(scene, made);
  return made;
}

/** All links of a type as one course: reading one long course takes a tenth of reading many. */
function courses(scene: Scene): ReadonlyMap<string, Path2D> {
  const texts = new Map<string, string>();
  for (const { type, path } of scene.links) texts.set(type, (texts.get(type) ?? "") + path);
  return new Map(Array.from(texts, ([type, text]) => [type, new Path2D(text)]));
}

function entry(paths: Map<string, Path2D>, type: string): Path2D {
  const path = paths.get(type) ?? new Path2D();
  paths.set(type, path);
  return path;
}

function rounded(context: CanvasRenderingContext2D, { x, y, width, height }: Box, radius: number): void {
  context.beginPath();
  context.roundRect(x, y, width, height, radius);
}
