/** Where the pointer was last, and whether Space is held: keys ask for both. */

import { spotOf, type Spot } from "./press";

let pointer: MouseEvent | null = null;
export function remember(event: MouseEvent): void {
  pointer = event;
}

/** Where the pointer was last on the canvas; null before it came. */
export function lastSpot(): Spot | null {
  return pointer ? spotOf(pointer) : null;
}

let space = false;

/** While Space is held, every press moves the view. */
export function holdSpace(held: boolean): void {
  space = held;
}

export function spaceHeld(): boolean {
  return space;
}
