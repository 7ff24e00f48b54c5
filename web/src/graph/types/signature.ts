/** The ports of a node as it stands in a graph: from its type, from the subgraph that it stands for, or from the file. */

import { graphAt, nodeAt } from "../document/graphs";
import {
  DEEPEST_SUBGRAPH,
  isLiteral,
  linksOf,
  SUBGRAPH_PREFIX,
  subgraphOf,
  type Graph,
  type InputRef,
  type Node,
  type OutputRef,
  type Scope,
  type Workflow,
} from "../document/model";
import { ANY, type InputType, type NodeType, type OutputType, type Registry } from "./nodeType";

export interface Signature {
  /** What is written above the node where it has no title of its own. */
  readonly label: string;
  /** `known` types, `subgraph` instances, and types that no pack has: those are drawn from what stands in the file. */
  readonly kind: "known" | "subgraph" | "unknown";
  readonly inputs: readonly InputType[];
  readonly outputs: readonly OutputType[];
  readonly saves: boolean;
}

const ofTypes = new WeakMap<NodeType, Signature>();

/** The signatures of all nodes of a graph, by name. Nodes of one known type share one. */
export function signatures(workflow: Workflow, scope: Scope, registry: Registry): ReadonlyMap<string, Signature> {
  const graph = graphAt(workflow, scope);
  const inner = new Map<string, Signature>();
  const made = new Map<string, Signature>();
  for (const [name, node] of graph.nodes) {
    const id = subgraphOf(node);
    let signature = id === null ? undefined : inner.get(id);
    signature ??= signatureOf(workflow, scope, name, registry);
    if (id !== null) inner.set(id, signature);
    made.set(name, signature);
  }
  return made;
}

export function signatureOf(workflow: Workflow, scope: Scope, name: string, registry: Registry, depth = 0): Signature {
  const node = nodeAt(workflow, scope, name);
  const id = subgraphOf(node);
  const subgraph = id === null ? undefined : workflow.subgraphs.get(id);
  if (id !== null && subgraph && depth < DEEPEST_SUBGRAPH) return ofSubgraph(workflow, id, subgraph, registry, depth);
  const type = registry.byName.get(node.type);
  return type ? signatureOfType(type) : fromFile(graphAt(workflow, scope), name, node);
}

export function signatureOfType(type: NodeType): Signature {
  const known = ofTypes.get(type);
  if (known) return known;
  const made: Signature = {
    label: labelOf(type.id),
    kind: "known",
    inputs: type.inputs,
    outputs: type.outputs,
    saves: type.saves,
  };
  ofTypes.set(type, made);
  return made;
}

/** The type in words: `EmptyLatent` is an "Empty latent", `VAEDecode` a "VAE decode". */
export function labelOf(type: string): string {
  if (type.startsWith(SUBGRAPH_PREFIX)) return type.slice(SUBGRAPH_PREFIX.length);
  const words = type
    .replace(/^.*\//, "")
    .replace(/([A-Z]{2,})([A-Z][a-z])/g, "$1 $2")
    .replace(/[a-z0-9]{2,}(?=[A-Z])|[a-z0-9](?=[A-Z][a-z])/g, "$& ")
    .replace(/_+/g, " ")
    .split(" ");
  return words
    .map((word, index) => (index === 0 || /^[A-Z]{2,}|[A-Z].*[A-Z]/.test(word) ? word : word.toLowerCase()))
    .join(" ");
}

/** A port's or field's name as people read it. */
export function portLabel(name: string): string {
  return name.replaceAll("_", " ").trim() || name;
}

/** A single output `out` is shown by what it gives. */
export function outputLabel(output: OutputType, alone: boolean): string {
  return alone && output.name === "out" && output.type !== ANY
    ? portLabel(output.type.toLowerCase())
    : portLabel(output.name);
}

/** The ports that an instance of a subgraph has. */
export function signatureOfSubgraph(workflow: Workflow, id: string, registry: Registry): Signature {
  return ofSubgraph(workflow, id, graphAt(workflow, id), registry, 0);
}

function ofSubgraph(workflow: Workflow, id: string, graph: Graph, registry: Registry, depth: number): Signature {
  const inner = (ref: InputRef | OutputRef): Signature | null =>
    graph.nodes.has(ref.node) ? signatureOf(workflow, id, ref.node, registry, depth + 1) : null;
  const inputs = Array.from(graph.inputs, ([name, ref]): InputType => {
    const type = inner(ref)?.inputs.find((each) => each.name === ref.input) ?? anything(ref.input, "one");
    const value = graph.nodes.get(ref.node)?.inputs.get(ref.input);
    const given = value !== undefined;
    return {
      ...type,
      name,
      required: type.required && !given,
      default: given && isLiteral(value) ? value : type.default,
    };
  });
  const outputs = Array.from(graph.outputs, ([name, ref]): OutputType => {
    const type = inner(ref)?.outputs.find((each) => each.name === ref.output);
    return { name, type: type?.type ?? ANY, list: type?.list ?? false };
  });
  const saves = [...graph.nodes.keys()].some((name) => signatureOf(workflow, id, name, registry, depth + 1).saves);
  return { label: id, kind: "subgraph", inputs, outputs, saves };
}

interface Drawn {
  readonly outputs: Graph["outputs"];
  readonly read: ReadonlyMap<string, ReadonlySet<string>>;
  readonly made: Map<string, Signature>;
}

/** By the nodes of a graph: where only places change, nothing is read anew. */
const ofFiles = new WeakMap<Graph["nodes"], Drawn>();

function fromFile(graph: Graph, name: string, node: Node): Signature {
  let drawn = ofFiles.get(graph.nodes);
  if (drawn?.outputs !== graph.outputs) {
    drawn = { outputs: graph.outputs, read: readOutputs(graph), made: new Map() };
    ofFiles.set(graph.nodes, drawn);
  }
  const signature = drawn.made.get(name) ?? asWritten(node, drawn.read.get(name) ?? new Set());
  drawn.made.set(name, signature);
  return signature;
}

/** The outputs of each node that something reads. */
function readOutputs(graph: Graph): ReadonlyMap<string, ReadonlySet<string>> {
  const read = new Map<string, Set<string>>();
  const note = ({ node, output }: OutputRef) => {
    const known = read.get(node) ?? new Set();
    read.set(node, known.add(output));
  };
  for (const reader of graph.nodes.values()) for (const value of reader.inputs.values()) linksOf(value).forEach(note);
  for (const ref of graph.outputs.values()) note(ref);
  return read;
}

function asWritten(node: Node, read: ReadonlySet<string>): Signature {
  const inputs = Array.from(node.inputs, ([input, value]): InputType => {
    const links = linksOf(value).length;
    const arity = links > 1 ? "many" : "one";
    return { ...anything(input, arity), widget: links > 0 ? null : { kind: "any" } };
  });
  const outputs = Array.from(read, (output): OutputType => ({ name: output, type: ANY, list: false }));
  return { label: node.type, kind: "unknown", inputs, outputs, saves: false };
}

function anything(name: string, arity: InputType["arity"]): InputType {
  return { name, type: ANY, arity, required: false, default: undefined, lazy: false, widget: null, linkable: true };
}
