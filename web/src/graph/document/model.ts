/** What stands in a workflow file, as values that are never changed once made. The words are those of `graphflow.document`. */

export const FORMAT = "graphflow/1";
export const SUBGRAPH_PREFIX = "subgraph:";
export const DEEPEST_SUBGRAPH = 32;

export type Mode = "mute" | "bypass";

/** A whole number is a `bigint`, so that seeds stay exact; a `number` is always a float, and `3` is written `3.0`. */
export type Scalar = string | bigint | number | boolean;
export type Literal = Scalar | null | readonly Literal[] | ReadonlyMap<string, Literal>;

/** An output of a node, and what a link takes its value from. */
export interface OutputRef {
  readonly node: string;
  readonly output: string;
}
export type Link = OutputRef;

export interface InputRef {
  readonly node: string;
  readonly input: string;
}

export type Value = Link | readonly Link[] | Literal;

export interface Node {
  readonly type: string;
  /** Null means the newest. */
  readonly version: number | null;
  readonly title: string | null;
  readonly mode: Mode | null;
  readonly inputs: ReadonlyMap<string, Value>;
}

/** What becomes of a seed after a run; fixed where nothing is said. */
export type SeedRule = "random" | "increment";

/** Where a node is drawn, in pixels at zoom 1. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly collapsed: boolean;
  /** `#rrggbb` */
  readonly color: string | null;
  readonly pinned: boolean;
  /** By input name. */
  readonly seeds: ReadonlyMap<string, SeedRule>;
  /** How a number was written where `number` cannot say it, such as `0.0`; counts only while it means the number beside it. */
  readonly written: ReadonlyMap<string, string>;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A frame with a title behind nodes. It holds whatever lies inside it. */
export interface Group extends Box {
  readonly title: string;
  readonly color: string | null;
  readonly written: ReadonlyMap<string, string>;
}

export interface Note extends Box {
  readonly text: string;
  readonly color: string | null;
  readonly written: ReadonlyMap<string, string>;
}

/** A point that the links from one output to these inputs run through. Drawing only: the links stand in the nodes. */
export interface Reroute {
  readonly x: number;
  readonly y: number;
  readonly from: OutputRef;
  readonly to: readonly InputRef[];
  readonly written: ReadonlyMap<string, string>;
}

/** What a workflow and a subgraph have in common. Every map is in the order of the file. */
export interface Graph {
  readonly inputs: ReadonlyMap<string, InputRef>;
  readonly outputs: ReadonlyMap<string, OutputRef>;
  readonly nodes: ReadonlyMap<string, Node>;
  readonly view: ReadonlyMap<string, View>;
  readonly groups: ReadonlyMap<string, Group>;
  readonly notes: ReadonlyMap<string, Note>;
  readonly reroutes: ReadonlyMap<string, Reroute>;
}

export interface Workflow extends Graph {
  readonly name: string | null;
  readonly description: string | null;
  readonly subgraphs: ReadonlyMap<string, Graph>;
}

/** The graph that is looked at: null is the workflow itself, else the id of one of its subgraphs. */
export type Scope = string | null;

const NOTHING: ReadonlyMap<string, never> = new Map<string, never>();

export const EMPTY_GRAPH: Graph = {
  inputs: NOTHING,
  outputs: NOTHING,
  nodes: NOTHING,
  view: NOTHING,
  groups: NOTHING,
  notes: NOTHING,
  reroutes: NOTHING,
};

export const EMPTY_WORKFLOW: Workflow = { ...EMPTY_GRAPH, name: null, description: null, subgraphs: NOTHING };

export const PLAIN_NODE: Node = { type: "", version: null, title: null, mode: null, inputs: NOTHING };

export const PLAIN_VIEW: View = {
  x: 0,
  y: 0,
  width: null,
  height: null,
  collapsed: false,
  color: null,
  pinned: false,
  seeds: NOTHING,
  written: NOTHING,
};

export function isLink(value: Value | undefined): value is Link {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Map);
}

/** Is this a list of links, as a variadic input has? An empty list is a list of literals. */
export function isLinkList(value: Value | undefined): value is readonly Link[] {
  return Array.isArray(value) && value.length > 0 && isLink(value[0] as Value);
}

export function isLiteral(value: Value | undefined): value is Literal {
  return value !== undefined && !isLink(value) && !isLinkList(value);
}

/** All links that stand at an input, in their order. */
export function linksOf(value: Value | undefined): readonly Link[] {
  if (isLink(value)) return [value];
  return isLinkList(value) ? value : [];
}

export function sameOutput(one: OutputRef, other: OutputRef): boolean {
  return one.node === other.node && one.output === other.output;
}

export function sameInput(one: InputRef, other: InputRef): boolean {
  return one.node === other.node && one.input === other.input;
}

/** The id of the subgraph that a node stands for, or null. */
export function subgraphOf(node: Node): string | null {
  return node.type.startsWith(SUBGRAPH_PREFIX) ? node.type.slice(SUBGRAPH_PREFIX.length) : null;
}
