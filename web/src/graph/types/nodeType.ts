/** What kinds of nodes there are, as the server tells: the signature of a node is its schema. */

import type { Literal } from "../document/model";

/** One value; several links; a list of literals; all elements of a list port at once. */
export type Arity = "one" | "many" | "values" | "whole_list";

/** How a literal is edited. A number without limits has nulls there. */
export type Widget =
  | { readonly kind: "seed" }
  | { readonly kind: "int"; readonly low: bigint | null; readonly high: bigint | null; readonly step: bigint | null }
  | { readonly kind: "float"; readonly low: number | null; readonly high: number | null; readonly step: number | null }
  | { readonly kind: "switch" }
  | { readonly kind: "choice"; readonly options: readonly string[] }
  | { readonly kind: "text"; readonly multiline: boolean; readonly mentions: string | null }
  | { readonly kind: "file"; readonly folder: string; readonly suffixes: readonly string[] }
  | { readonly kind: "any" };

export interface InputType {
  readonly name: string;
  /** The name of the socket type, or STRING, INT, FLOAT, BOOLEAN, or `*` for anything. */
  readonly type: string;
  readonly arity: Arity;
  readonly required: boolean;
  /** Undefined where there is none. */
  readonly default: Literal | undefined;
  readonly lazy: boolean;
  /** Null where only a link can stand. */
  readonly widget: Widget | null;
  /** Can a link feed it? Everything but a file. */
  readonly linkable: boolean;
}

export interface OutputType {
  readonly name: string;
  readonly type: string;
  /** It gives many values, each to a call of its own. */
  readonly list: boolean;
}

export interface NodeType {
  readonly id: string;
  readonly category: string;
  readonly description: string;
  readonly version: number;
  readonly also: readonly string[];
  /** It saves files, so it runs in every job. */
  readonly saves: boolean;
  readonly inputs: readonly InputType[];
  readonly outputs: readonly OutputType[];
}

/** What a node does, in a sentence or a few: the first paragraph without the marks of code. */
export function summaryOf({ description }: NodeType): string {
  const [first = ""] = description.split("\n\n");
  return first.replaceAll("`", "");
}

/** Every node type, by each of its names, and for each socket type the types that it may stand in for. */
export interface Registry {
  readonly types: readonly NodeType[];
  readonly byName: ReadonlyMap<string, NodeType>;
  readonly bases: ReadonlyMap<string, readonly string[]>;
}

export const ANY = "*";

export function makeRegistry(types: readonly NodeType[], bases: ReadonlyMap<string, readonly string[]>): Registry {
  const byName = new Map<string, NodeType>();
  for (const type of types) for (const name of type.also) byName.set(name, type);
  for (const type of types) byName.set(type.id, type);
  return { types, byName, bases };
}

/** May an output of one type feed an input of another? A subtype feeds its base, a whole number a FLOAT, and `*` everything. */
export function feeds(registry: Registry, have: string, want: string): boolean {
  if (have === want || have === ANY || want === ANY) return true;
  if (have === "INT" && want === "FLOAT") return true;
  return registry.bases.get(have)?.includes(want) ?? false;
}
