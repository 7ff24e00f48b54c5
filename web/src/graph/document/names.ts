/** What may be a name, and how a new one is found. */

const LONGEST = 200;
const NAME = /^[^/\u0000-\u001f\u007f]+$/;
const PORT = /^[^\u0000-\u001f\u007f]+$/;
const INTERFACE = /^[^=\u0000-\u001f\u007f]+$/;
export const COLOR = /^#[0-9a-fA-F]{6}$/;

export type NameKind = "node" | "port" | "interface";

const RULES: Readonly<Record<NameKind, RegExp>> = { node: NAME, port: PORT, interface: INTERFACE };

/** Names that were looked at before: each stands at a node, at its view and at every link. */
const KNOWN: Readonly<Record<NameKind, Set<string>>> = { node: new Set(), port: new Set(), interface: new Set() };
const MOST_KNOWN = 20_000;

/** A node's or subgraph's name has no slash, which parts paths; a named input or output no equals sign, for `--set name=value`. */
export function isName(text: string, kind: NameKind): boolean {
  const known = KNOWN[kind];
  if (known.has(text)) return true;
  const sound = codePoints(text) <= LONGEST && text.isWellFormed() && RULES[kind].test(text);
  if (!sound) return false;
  if (known.size >= MOST_KNOWN) known.clear();
  known.add(text);
  return true;
}

/** The length as Python counts it. */
export function codePoints(text: string): number {
  return text.length <= LONGEST ? text.length : Array.from(text).length;
}

/** The wanted name, or the first of `wanted_2`, `wanted_3`, ... that is free. */
export function freeName(wanted: string, taken: { has(name: string): boolean }): string {
  if (!taken.has(wanted)) return wanted;
  const stem = wanted.replace(/_\d+$/, "");
  for (let number = 2; ; number++) {
    const name = `${stem}_${number}`;
    if (!taken.has(name)) return name;
  }
}

/** A node's name for its type: `KSampler` becomes `ksampler`, `VAEDecode` `vae_decode`. */
export function nameFor(type: string): string {
  const words = type
    .replace(/^.*[/:]/, "")
    .replace(/([A-Z]{2,})([A-Z][a-z])/g, "$1_$2")
    .replace(/([a-z0-9]{2,})([A-Z])/g, "$1_$2")
    .replace(/[^\p{L}\p{N}]+/gu, "_")
    .replace(/^_+|_+$/g, "")
    .toLowerCase();
  return words || "node";
}
