/** The size in pixels that the model at hand was made for, so that new nodes can begin with it. */

import { graphAt, joinPath } from "../graph/document/graphs";
import { upstream } from "../graph/document/links";
import type { Registry } from "../graph/types/nodeType";
import type { NodeCheck } from "../wire/schema.gen";
import { activeDocument, scopeOf, useDocuments } from "./documents";
import { loadModelFolder, useModels } from "./models";
import { useProblems } from "./problems";
import { useRegistry } from "./registry";

const FACT = "native_size";

/** The size of the model that feeds a node, else of the only one in the graph, else of all that the server has; null where they differ. */
export function nativeSize(beside: string | null): bigint | null {
  const open = activeDocument(useDocuments.getState());
  const known = useProblems.getState().checked.get(open?.id ?? "")?.nodes ?? new Map<string, NodeCheck>();
  if (open && beside !== null) {
    const paths = [...upstream(graphAt(open.history.present, scopeOf(open)), beside)];
    const feeding = only(paths.flatMap((name) => sizesOf(known.get(joinPath(...open.instances, name)))));
    if (feeding !== null) return feeding;
  }
  const here = [...known.values()].flatMap(sizesOf);
  return only(here.length > 0 ? here : installed());
}

/** Ask once which models there are; a later look at the models tells of new ones. */
export async function knowModels(): Promise<void> {
  const { files } = useModels.getState();
  await Promise.all(
    foldersOf(useRegistry.getState().registry).flatMap((each) => (files.has(each) ? [] : [loadModelFolder(each)])),
  );
}

/** The folders of the files that models are read from, by nodes that take no model themselves. */
function foldersOf({ types }: Registry): readonly string[] {
  const loaders = types.filter(
    ({ inputs, outputs }) =>
      outputs.some(({ type }) => type === "MODEL") && !inputs.some(({ type }) => type === "MODEL"),
  );
  const folders = loaders.flatMap(({ inputs }) =>
    inputs.flatMap(({ widget }) => (widget?.kind === "file" ? [widget.folder] : [])),
  );
  return [...new Set(folders)];
}

function installed(): readonly bigint[] {
  const { files } = useModels.getState();
  return [...files.values()].flat().flatMap(({ facts }) => sizeIn(facts));
}

function sizesOf(check: NodeCheck | undefined): readonly bigint[] {
  return check?.outputs.flatMap(({ facts }) => sizeIn(facts)) ?? [];
}

function sizeIn(facts: Readonly<Record<string, unknown>>): readonly bigint[] {
  const size = facts[FACT];
  return typeof size === "number" && Number.isInteger(size) && size > 0 ? [BigInt(size)] : [];
}

function only(sizes: readonly bigint[]): bigint | null {
  const [first] = sizes;
  return first !== undefined && sizes.every((each) => each === first) ? first : null;
}
