import { writeFloat, writeJson } from "../json/write";
import {
  FORMAT,
  isLink,
  isLinkList,
  type Box,
  type Graph,
  type Group,
  type InputRef,
  type Literal,
  type Node,
  type Note,
  type OutputRef,
  type Reroute,
  type Value,
  type View,
  type Workflow,
} from "./model";

/**
 * The text of a workflow's file, byte for byte as `graphflow.document.dump` writes it: keys in the order of the format,
 * names in the order of the workflow, views in the order of their nodes, each input on a line of its own.
 */
export function dump(workflow: Workflow): string {
  const parts = [`  "format": ${writeJson(FORMAT)}`];
  if (workflow.name !== null) parts.push(`  "name": ${writeJson(workflow.name)}`);
  if (workflow.description !== null) parts.push(`  "description": ${writeJson(workflow.description)}`);
  parts.push(...meaning(workflow, 2));
  if (workflow.subgraphs.size > 0) {
    const blocks = Array.from(
      workflow.subgraphs,
      ([id, graph]) => `    ${writeJson(id)}: ${block([...meaning(graph, 6), ...drawing(graph, 6)], 4)}`,
    );
    parts.push(`  "subgraphs": ${block(blocks, 2)}`);
  }
  parts.push(...drawing(workflow, 2)); // after the subgraphs: what people read comes first
  return `${block(parts, 0)}\n`;
}

function meaning(graph: Graph, indent: number): string[] {
  const nodes = Array.from(
    graph.nodes,
    ([name, node]) => `${pad(indent + 2)}${writeJson(name)}: ${kept(node, indent + 2, nodeText)}`,
  );
  return [
    ...section("inputs", graph.inputs, inputRef, indent),
    ...section("outputs", graph.outputs, outputRef, indent),
    `${pad(indent)}"nodes": ${block(nodes, indent)}`,
  ];
}

function drawing(graph: Graph, indent: number): string[] {
  return [
    ...section("view", inNodeOrder(graph), (each) => kept(each, indent, view), indent),
    ...section("groups", graph.groups, group, indent),
    ...section("notes", graph.notes, note, indent),
    ...section("reroutes", graph.reroutes, reroute, indent),
  ];
}

interface Kept {
  readonly indent: number;
  readonly text: string;
}

const texts = new WeakMap<object, Kept>();

/** What was written of a thing before: an edit leaves nearly all of a large workflow as it was. */
function kept<T extends object>(thing: T, indent: number, write: (thing: T, indent: number) => string): string {
  const before = texts.get(thing);
  if (before?.indent === indent) return before.text;
  const text = write(thing, indent);
  texts.set(thing, { indent, text });
  return text;
}

function inNodeOrder(graph: Graph): ReadonlyMap<string, View> {
  const ordered = new Map<string, View>();
  for (const name of graph.nodes.keys()) {
    const placed = graph.view.get(name);
    if (placed) ordered.set(name, placed);
  }
  const stale = [...graph.view].filter(([name]) => !graph.nodes.has(name));
  for (const [name, placed] of stale.sort(([one], [other]) => byCodePoint(one, other))) ordered.set(name, placed);
  return ordered;
}

/** Python's order of texts: UTF-16, which JavaScript compares by, puts some characters elsewhere. */
function byCodePoint(one: string, other: string): number {
  const [left, right] = [Array.from(one), Array.from(other)];
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const difference = (left[index]?.codePointAt(0) ?? 0) - (right[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function section<T>(
  key: string,
  entries: ReadonlyMap<string, T>,
  text: (value: T) => string,
  indent: number,
): string[] {
  if (entries.size === 0) return [];
  const lines = Array.from(entries, ([name, value]) => `${pad(indent + 2)}${writeJson(name)}: ${text(value)}`);
  return [`${pad(indent)}${writeJson(key)}: ${block(lines, indent)}`];
}

function nodeText(node: Node, indent: number): string {
  const inner = pad(indent + 2);
  const lines = [`${inner}"type": ${writeJson(node.type)}`];
  if (node.version !== null) lines.push(`${inner}"version": ${node.version}`);
  if (node.title !== null) lines.push(`${inner}"title": ${writeJson(node.title)}`);
  if (node.mode !== null) lines.push(`${inner}"mode": ${writeJson(node.mode)}`);
  if (node.inputs.size > 0) {
    const rows = Array.from(node.inputs, ([name, value]) => `${inner}  ${writeJson(name)}: ${valueText(value)}`);
    lines.push(`${inner}"inputs": ${block(rows, indent + 2)}`);
  }
  return block(lines, indent);
}

/** Write what stands at an input: null, objects and lists of lists as `{"value": ...}`. */
export function valueText(value: Value): string {
  if (isLink(value)) return outputRef(value);
  if (isLinkList(value)) return `[${value.map(outputRef).join(", ")}]`;
  return isBare(value) ? writeJson(value) : `{"value": ${writeJson(value)}}`;
}

function isBare(value: Literal): boolean {
  if (Array.isArray(value)) return value.every((each: Literal) => each !== null && typeof each !== "object");
  return value !== null && typeof value !== "object";
}

function inputRef(ref: InputRef): string {
  return `{"node": ${writeJson(ref.node)}, "input": ${writeJson(ref.input)}}`;
}

function outputRef(ref: OutputRef): string {
  return `{"node": ${writeJson(ref.node)}, "output": ${writeJson(ref.output)}}`;
}

function view(value: View): string {
  const fields = [number(value, "x", value.x), number(value, "y", value.y)];
  if (value.width !== null) fields.push(number(value, "width", value.width));
  if (value.height !== null) fields.push(number(value, "height", value.height));
  if (value.collapsed) fields.push('"collapsed": true');
  if (value.color !== null) fields.push(`"color": ${writeJson(value.color)}`);
  if (value.pinned) fields.push('"pinned": true');
  if (value.seeds.size > 0) fields.push(`"seeds": ${writeJson(value.seeds)}`);
  return `{${fields.join(", ")}}`;
}

function group(value: Group): string {
  return decoration(`"title": ${writeJson(value.title)}`, value);
}

function note(value: Note): string {
  return decoration(`"text": ${writeJson(value.text)}`, value);
}

function decoration(words: string, value: Group | Note): string {
  const sides = (["x", "y", "width", "height"] satisfies (keyof Box)[]).map((key) => number(value, key, value[key]));
  const color = value.color === null ? [] : [`"color": ${writeJson(value.color)}`];
  return `{${[words, ...sides, ...color].join(", ")}}`;
}

function reroute(value: Reroute): string {
  const place = `${number(value, "x", value.x)}, ${number(value, "y", value.y)}`;
  return `{${place}, "from": ${outputRef(value.from)}, "to": [${value.to.map(inputRef).join(", ")}]}`;
}

/** A place is whole or not by its value, unless the file wrote it otherwise and it still is what it was. */
function number(holder: { readonly written: ReadonlyMap<string, string> }, key: string, value: number): string {
  const written = holder.written.get(key);
  if (written !== undefined && Object.is(Number(written), value)) return `${writeJson(key)}: ${written}`;
  const plain = Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : writeFloat(value);
  return `${writeJson(key)}: ${plain}`;
}

function pad(indent: number): string {
  return " ".repeat(indent);
}

function block(lines: readonly string[], indent: number): string {
  return lines.length > 0 ? `{\n${lines.join(",\n")}\n${pad(indent)}}` : "{}";
}
