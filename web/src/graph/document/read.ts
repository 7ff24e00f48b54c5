import { JsonError, parseJson } from "../json/parse";
import type { Json } from "../json/value";
import { Fields, type DocumentProblem } from "./fields";
import {
  EMPTY_WORKFLOW,
  FORMAT,
  PLAIN_VIEW,
  SUBGRAPH_PREFIX,
  type Graph,
  type Group,
  type InputRef,
  type Node,
  type Note,
  type OutputRef,
  type Reroute,
  type SeedRule,
  type Value,
  type View,
  type Workflow,
} from "./model";
import { isName, type NameKind } from "./names";
import { readValue } from "./values";

export type Reading =
  | { readonly ok: true; readonly workflow: Workflow }
  | { readonly ok: false; readonly problems: readonly DocumentProblem[] };

const DRAWING = ["view", "groups", "notes", "reroutes"];
const GRAPH = ["inputs", "outputs", "nodes", ...DRAWING];
const LARGEST_VERSION = 2 ** 31 - 1;

/**
 * Read a workflow file, strictly: what is not understood is refused, since saving would lose it. Old formats and old
 * versions of nodes are the server's to migrate; types that nobody knows are kept as they stand.
 */
export function readWorkflow(text: string): Reading {
  try {
    return workflowFrom(parseJson(text));
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return { ok: false, problems: [{ code: error.code, message: error.message, node: null, input: null }] };
  }
}

/** Read a workflow from plain data that `parseJson` gave. */
export function workflowFrom(data: Json): Reading {
  const problems: DocumentProblem[] = [];
  const workflow = read(new Fields(data, "the workflow", problems), problems);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, workflow };
}

function read(fields: Fields, problems: DocumentProblem[]): Workflow {
  if (!fields.ok) return EMPTY_WORKFLOW;
  const format = fields.data.get("format");
  if (format !== FORMAT) {
    const found = typeof format === "string" ? `'${format}'` : "nothing";
    fields.report("format", `this is no ${FORMAT} workflow: \`format\` says ${found}`);
    return EMPTY_WORKFLOW;
  }
  fields.only("format", "name", "description", "subgraphs", ...GRAPH);
  return {
    name: fields.text("name", 200),
    description: fields.text("description", 2000),
    ...graph(fields, problems, ""),
    subgraphs: named(fields, "subgraphs", "node", (id, data) => {
      const inner = new Fields(data, `the subgraph '${id}'`, problems);
      inner.only(...GRAPH);
      return graph(inner, problems, `${SUBGRAPH_PREFIX}${id}/`);
    }),
  };
}

function graph(fields: Fields, problems: DocumentProblem[], prefix: string): Graph {
  fields.need("nodes");
  const refs = <T>(key: "inputs" | "outputs", make: (name: string, data: Json) => T) =>
    named(fields, key, "interface", make);
  return {
    inputs: refs("inputs", (name, data) => inputRef(new Fields(data, `the input '${name}'`, problems))),
    outputs: refs("outputs", (name, data) => outputRef(new Fields(data, `the output '${name}'`, problems))),
    nodes: named(fields, "nodes", "node", (name, data) => node(data, prefix + name, problems)),
    view: named(fields, "view", "node", (name, data) => view(new Fields(data, `the view of '${name}'`, problems))),
    groups: named(fields, "groups", "node", (name, data) => group(new Fields(data, `the group '${name}'`, problems))),
    notes: named(fields, "notes", "node", (name, data) => note(new Fields(data, `the note '${name}'`, problems))),
    reroutes: named(fields, "reroutes", "node", (name, data) =>
      reroute(new Fields(data, `the reroute '${name}'`, problems), problems),
    ),
  };
}

function named<T>(
  fields: Fields,
  key: string,
  kind: NameKind,
  make: (name: string, data: Json) => T,
): ReadonlyMap<string, T> {
  const made = new Map<string, T>();
  for (const [name, data] of fields.entries(key)) {
    if (!isName(name, kind)) fields.report("bad-name", `a name in \`${key}\` cannot be '${name}'`);
    made.set(name, make(name, data));
  }
  return made;
}

function node(data: Json, path: string, problems: DocumentProblem[]): Node {
  const fields = new Fields(data, "the node", problems, path);
  fields.only("type", "version", "title", "mode", "inputs");
  fields.need("type");
  const inputs = new Map<string, Value>();
  for (const [name, value] of fields.entries("inputs")) {
    if (!isName(name, "port")) fields.report("bad-name", `a name in \`inputs\` cannot be '${name}'`);
    const found = readValue(value);
    if (found.ok) inputs.set(name, found.value);
    else fields.report(found.code, found.message, name);
  }
  return {
    type: nodeType(fields),
    version: fields.whole("version", 1, LARGEST_VERSION),
    title: fields.text("title", 200),
    mode: fields.oneOf("mode", ["mute", "bypass"]),
    inputs,
  };
}

function nodeType(fields: Fields): string {
  const type = fields.text("type", 210) ?? "";
  const subgraph = type.startsWith(SUBGRAPH_PREFIX);
  const sound = subgraph ? isName(type.slice(SUBGRAPH_PREFIX.length), "node") : isName(type, "port");
  if (!sound && fields.data.has("type")) fields.report("bad-name", `\`type\` of the node cannot be '${type}'`);
  return type;
}

function inputRef(fields: Fields): InputRef {
  fields.only("node", "input");
  fields.need("node", "input");
  return { node: fields.named("node", "node"), input: fields.named("input", "port") };
}

function outputRef(fields: Fields): OutputRef {
  fields.only("node", "output");
  fields.need("node", "output");
  return { node: fields.named("node", "node"), output: fields.named("output", "port") };
}

function view(fields: Fields): View {
  fields.only("x", "y", "width", "height", "collapsed", "color", "pinned", "seeds");
  fields.need("x", "y");
  const written = new Map<string, string>();
  const seeds = new Map<string, SeedRule>();
  for (const [name, rule] of fields.entries("seeds")) {
    if (rule === "random" || rule === "increment") seeds.set(name, rule);
    else fields.report("wrong-type", `the seed '${name}' is random or increment`);
  }
  return {
    x: fields.place("x", written) ?? 0,
    y: fields.place("y", written) ?? 0,
    width: fields.place("width", written),
    height: fields.place("height", written),
    collapsed: fields.truth("collapsed"),
    color: fields.color(),
    pinned: fields.truth("pinned"),
    seeds: seeds.size > 0 ? seeds : PLAIN_VIEW.seeds, // thousands of empty maps would be read, handed over and swept up
    written: written.size > 0 ? written : PLAIN_VIEW.written,
  };
}

function box(fields: Fields, written: Map<string, string>) {
  fields.need("x", "y", "width", "height");
  return {
    x: fields.place("x", written) ?? 0,
    y: fields.place("y", written) ?? 0,
    width: fields.place("width", written) ?? 0,
    height: fields.place("height", written) ?? 0,
    color: fields.color(),
    written,
  };
}

function group(fields: Fields): Group {
  fields.only("title", "x", "y", "width", "height", "color");
  fields.need("title");
  return { title: fields.text("title", 200) ?? "", ...box(fields, new Map()) };
}

function note(fields: Fields): Note {
  fields.only("text", "x", "y", "width", "height", "color");
  fields.need("text");
  return { text: fields.text("text", 20_000) ?? "", ...box(fields, new Map()) };
}

function reroute(fields: Fields, problems: DocumentProblem[]): Reroute {
  fields.only("x", "y", "from", "to");
  fields.need("x", "y", "from", "to");
  const written = new Map<string, string>();
  const to = fields.data.get("to") ?? [];
  const list = Array.isArray(to) ? (to as readonly Json[]) : [to];
  return {
    x: fields.place("x", written) ?? 0,
    y: fields.place("y", written) ?? 0,
    from: outputRef(new Fields(fields.data.get("from"), "`from` of a reroute", problems)),
    to: list.map((each) => inputRef(new Fields(each, "an entry in `to` of a reroute", problems))),
    written,
  };
}
