import type { Literal } from "../document/model";
import type { InputEntry, NodeEntry, NodeList } from "../../wire/schema.gen";
import { makeRegistry, type InputType, type NodeType, type Registry, type Widget } from "./nodeType";

const GREATEST = 2n ** 64n - 1n;

/** What `/api/v1/nodes` says, as the rules need it. */
export function registryFrom(list: NodeList): Registry {
  const bases = list.sockets.map(({ name, feeds }) => [name, feeds.filter((each) => each !== name)] as const);
  return makeRegistry(list.nodes.map(nodeType), new Map(bases));
}

function nodeType(entry: NodeEntry): NodeType {
  const { id, category, description, version, also, saves, outputs } = entry;
  return { id, category, description, version, also, saves, outputs, inputs: entry.inputs.map(inputType) };
}

function inputType(entry: InputEntry): InputType {
  const { name, type, socket, arity, required, lazy } = entry;
  return {
    name,
    type: socket ?? type,
    arity,
    required,
    lazy,
    default: entry.default === null ? undefined : literal(entry.default, entry),
    widget: widget(entry),
    linkable: socket !== null,
  };
}

function widget(entry: InputEntry): Widget | null {
  const { minimum, maximum, step } = entry;
  switch (entry.widget) {
    case null:
      return null;
    case "seed":
      return { kind: "seed" };
    case "integer":
      return { kind: "int", low: whole(minimum), high: whole(maximum), step: whole(step) };
    case "number":
      return { kind: "float", low: minimum, high: maximum, step };
    case "toggle":
      return { kind: "switch" };
    case "choice":
      return { kind: "choice", options: entry.options ?? [] };
    case "text":
    case "multiline":
      return { kind: "text", multiline: entry.widget === "multiline", mentions: entry.mentions };
    case "file":
      return { kind: "file", folder: entry.folder?.name ?? "", suffixes: entry.folder?.suffixes ?? [] };
  }
}

/** JSON.parse has made a number of every number: what it was is told by the widget. */
function literal(value: unknown, entry: InputEntry): Literal | undefined {
  if (Array.isArray(value)) return value.map((each) => literal(each, entry) ?? null);
  if (typeof value === "number") return isWhole(value, entry) ? (whole(value) ?? undefined) : value;
  return typeof value === "string" || typeof value === "boolean" ? value : undefined;
}

function isWhole(value: number, { widget: kind, type }: InputEntry): boolean {
  return kind === "integer" || kind === "seed" || type === "INT" || (kind !== "number" && Number.isInteger(value));
}

/** The largest limits lie where a number rounds up: 2^64 - 1 arrives as 2^64. */
function whole(value: number | null): bigint | null {
  if (value === null || !Number.isFinite(value)) return null;
  const exact = BigInt(Math.trunc(value));
  return exact > GREATEST ? GREATEST : exact;
}
