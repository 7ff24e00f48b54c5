/** The mask that is being painted: changed in place, so that a stroke costs what it covers. */

import { startStroke, strokeTo, type Brush, type Stroke, type Touch } from "../../graph/mask/brush";
import { feather } from "../../graph/mask/feather";
import { isEmpty, makeGrid, painted, wholeOf, within, type Area, type Grid } from "../../graph/mask/grid";
import { NO_CHANGES, noted, redone, undone } from "../../graph/mask/history";
import type { Pixels } from "../../graph/mask/png";

export class Board {
  readonly picture: Pixels;
  private readonly mask: Grid;
  private readonly soft: Grid;
  private radius = 0;
  private history = NO_CHANGES;
  private stroke: Stroke | null = null;
  private readonly drawers = new Set<(area: Area) => void>();
  private readonly watchers = new Set<() => void>();
  /** Counts what has been done, for those who draw what follows from the whole mask. */
  version = 0;
  changed = false;

  constructor(picture: Pixels, mask: Grid | null) {
    this.picture = picture;
    this.mask = makeGrid(picture.width, picture.height);
    this.soft = makeGrid(picture.width, picture.height);
    if (mask) this.mask.data.set(scaled(mask, picture.width, picture.height).data);
  }

  /** What is seen and what will be used. */
  get shown(): Grid {
    return this.radius > 0 ? this.soft : this.mask;
  }

  get share(): number {
    return painted(this.shown);
  }

  get canUndo(): boolean {
    return this.history.past.length > 0;
  }

  get canRedo(): boolean {
    return this.history.future.length > 0;
  }

  /** Be told which area to draw anew; returns how to stop. */
  onDraw(draw: (area: Area) => void): () => void {
    this.drawers.add(draw);
    return () => this.drawers.delete(draw);
  }

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  press(brush: Brush, touch: Touch): void {
    this.stroke = startStroke(this.mask, brush);
    this.move(touch);
  }

  move(touch: Touch): void {
    if (this.stroke) this.draw(strokeTo(this.mask, this.stroke, touch));
  }

  release(): void {
    const stroke = this.stroke;
    this.stroke = null;
    if (stroke?.area) this.note(stroke.before, stroke.area);
  }

  /** Do something to the whole mask; it says what it changed. */
  apply(change: (mask: Grid) => Area | null): void {
    const before = this.mask.data.slice();
    const area = change(this.mask);
    if (!area || isEmpty(area)) return;
    this.draw(area);
    this.note(before, area);
  }

  soften(radius: number): void {
    this.radius = radius;
    this.changed = true;
    this.draw(wholeOf(this.mask));
    this.tell();
  }

  undo(): void {
    this.travel(undone(this.history, this.mask));
  }

  redo(): void {
    this.travel(redone(this.history, this.mask));
  }

  private travel(step: ReturnType<typeof undone>): void {
    if (!step) return;
    this.history = step.history;
    this.draw(step.area);
    this.tell();
  }

  private note(before: Uint8ClampedArray<ArrayBuffer>, area: Area): void {
    const next = noted(this.history, this.mask, before, area);
    if (next === this.history) return;
    this.history = next;
    this.changed = true;
    this.tell();
  }

  private draw(area: Area): void {
    const seen = this.radius > 0 ? feather(this.mask, this.soft, area, this.radius) : within(this.mask, area);
    for (const draw of this.drawers) draw(seen);
  }

  private tell(): void {
    this.version++;
    for (const watcher of this.watchers) watcher();
  }
}

/** A mask of another size, by its nearest pixels. */
function scaled(mask: Grid, width: number, height: number): Grid {
  if (mask.width === width && mask.height === height) return mask;
  const made = makeGrid(width, height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * mask.height) / height) * mask.width;
    for (let x = 0; x < width; x++)
      made.data[y * width + x] = mask.data[row + Math.floor(((x + 0.5) * mask.width) / width)] ?? 0;
  }
  return made;
}
