/** What one is in the middle of on the canvas: nothing here belongs to a document. */

import { create } from "zustand";

import type { Refusal } from "../graph/connect";
import type { Box, InputRef, OutputRef } from "../graph/document/model";
import type { Point } from "../graph/edit/nodes";
import type { PortPlace } from "../graph/geometry";
import type { SceneLink } from "../state/scene";

/** The end that a new link is held by. */
export type Held =
  | { readonly kind: "out"; readonly ref: OutputRef }
  | { readonly kind: "in"; readonly ref: InputRef; readonly index: number };

export interface Linking {
  readonly held: Held;
  readonly type: string;
  /** Where the held end is fixed, and where the loose one is. */
  readonly anchor: Point;
  readonly at: Point;
  /** The link whose end was taken off. */
  readonly taken: SceneLink | null;
  /** May the loose end go to this port? Null where it may. */
  readonly verdict: (node: string, port: PortPlace) => Refusal | "same-side" | null;
  readonly over: Over | null;
}

/** The port that the loose end would go to, or why it cannot. */
export interface Over {
  readonly node: string;
  readonly port: string | null;
  readonly refusal: Refusal | "same-side" | null;
}

export interface Search {
  /** Where a new node is put. */
  readonly at: Point;
  /** Where the search opens, from the corner of the canvas. */
  readonly anchor: Point;
  readonly held: Held | null;
  readonly type: string | null;
  /** A new node is put into this link. */
  readonly into: SceneLink | null;
  /** Nobody has pointed at `at`: a new node is put where there is room. */
  readonly beside: boolean;
  /** Ports that are there already are listed too: linking by keyboard. */
  readonly withPorts: boolean;
}

export interface MenuEntry {
  readonly id: string;
  readonly label: string;
  readonly keys?: string | undefined;
  readonly enabled: boolean;
  /** A dot of this colour stands before the label. */
  readonly swatch?: string | undefined;
  readonly checked?: boolean | undefined;
  readonly run: () => void;
  readonly inner?: readonly MenuItem[];
}
export type MenuItem = MenuEntry | "line";

export interface Menu {
  readonly label: string;
  /** In the window. */
  readonly at: Point;
  readonly items: readonly MenuItem[];
}

export type Editing = { readonly kind: "title" | "group" | "note"; readonly name: string };

/** What should take the keyboard once it is drawn; `port` is a port's id. */
export interface FocusWish {
  readonly node: string;
  readonly port: string | null;
}

interface Session {
  readonly linking: Linking | null;
  /** The frame that is being drawn, in the graph. */
  readonly marquee: Box | null;
  /** The link that is selected, by its id. */
  readonly link: string | null;
  readonly search: Search | null;
  readonly menu: Menu | null;
  readonly editing: Editing | null;
  readonly focus: FocusWish | null;
  readonly palette: boolean;
  readonly shortcuts: boolean;
  readonly outline: boolean;
  readonly ports: boolean;
  /** The node that Tab leads to. */
  readonly current: string | null;
  readonly panning: boolean;
  /** The graph that the view has been brought to, as the stage names it: before that its nodes are held back. */
  readonly framed: string;
}

export const useSession = create<Session>()(() => ({
  linking: null,
  marquee: null,
  link: null,
  search: null,
  menu: null,
  editing: null,
  focus: null,
  palette: false,
  shortcuts: false,
  outline: false,
  ports: false,
  current: null,
  panning: false,
  framed: "",
}));

export const session = useSession.getState;
export const setSession = useSession.setState;

/** Let go of everything that belongs to the graph that one leaves. */
export function leaveAll(): void {
  setSession({ linking: null, marquee: null, link: null, search: null, menu: null, editing: null, current: null });
}
