/** The workflows that are open, each with its past: the one place where a document changes. */

import { create } from "zustand";

import { graphAt, scopeAt } from "../graph/document/graphs";
import type { Scope, Workflow } from "../graph/document/model";
import { NOTHING_SELECTED, type Selection } from "../graph/edit/clipboard";
import { onlyPresent } from "../graph/edit/selection";
import { record, redo, seal, startHistory, undo, type History } from "../graph/history";
import { newKey } from "./keys";

export interface OpenDocument {
  readonly id: string;
  /** The name in the library, or null for one that was never saved. */
  readonly name: string | null;
  readonly template: boolean;
  /** What the server called the state that `saved` is. */
  readonly revision: string | null;
  readonly saved: Workflow | null;
  readonly history: History<Workflow>;
  /** The instances that one has entered, the outermost first. */
  readonly instances: readonly string[];
  readonly selection: Selection;
}

export interface Opening {
  /** Of a tab that was open before; else it gets a new one. */
  readonly id?: string;
  readonly name: string | null;
  readonly template?: boolean;
  readonly revision?: string | null;
  readonly workflow: Workflow;
}

interface Documents {
  readonly open: readonly OpenDocument[];
  readonly active: string | null;
}

export const useDocuments = create<Documents>()(() => ({ open: [], active: null }));

/** Open a workflow in a tab of its own; one that lies in the library and is open already comes to the front instead. */
export function openDocument({ id = newKey(), name, template = false, revision = null, workflow }: Opening): string {
  const known =
    name === null
      ? undefined
      : useDocuments.getState().open.find((each) => each.name === name && each.template === template);
  if (known) {
    activate(known.id);
    return known.id;
  }
  const made: OpenDocument = {
    id,
    name,
    template,
    revision,
    saved: revision === null ? null : workflow,
    history: startHistory(workflow),
    instances: [],
    selection: NOTHING_SELECTED,
  };
  useDocuments.setState(({ open }) => ({ open: [...open, made], active: id }));
  return id;
}

export function activate(id: string): void {
  useDocuments.setState({ active: id });
}

export function closeDocument(id: string): void {
  useDocuments.setState(({ open, active }) => {
    const index = open.findIndex((each) => each.id === id);
    const rest = open.filter((each) => each.id !== id);
    return { open: rest, active: active === id ? (rest[Math.min(index, rest.length - 1)]?.id ?? null) : active };
  });
}

export type Command = (workflow: Workflow, scope: Scope) => Workflow;

/** Do something to the active document, as a step that can be undone. Steps with the same `merge` in a row are one. */
export function edit(label: string, command: Command, merge?: string): void {
  const { active } = useDocuments.getState();
  if (active !== null) editDocument(active, label, command, merge);
}

export function editDocument(id: string, label: string, command: Command, merge?: string): void {
  change(id, (document) => {
    const next = command(document.history.present, scopeOf(document));
    const doing = { label, at: Date.now() };
    const history = record(document.history, next, merge === undefined ? doing : { ...doing, merge });
    return history === document.history ? document : standing({ ...document, history });
  });
}

export function endStep(): void {
  changeActive((document) => ({ ...document, history: seal(document.history) }));
}

export function undoStep(): void {
  changeActive((document) => standing({ ...document, history: undo(document.history) }));
}

export function redoStep(): void {
  changeActive((document) => standing({ ...document, history: redo(document.history) }));
}

export function select(selection: Selection): void {
  changeActive((document) => ({ ...document, selection }));
}

/** Go into an instance of a subgraph, or back out to one that was entered before. */
export function enter(instances: readonly string[]): void {
  changeActive((document) => standing({ ...document, instances, selection: NOTHING_SELECTED }));
}

/** Remember what the server has now. */
export function noteSaved(id: string, name: string, revision: string, saved: Workflow): void {
  change(id, (document) => ({ ...document, name, revision, saved, template: false }));
}

/** A workflow of the library has another name now, or none since it lies in the bin. */
export function noteMoved(from: string, to: string | null, revision: string | null): void {
  for (const { id, name, template } of useDocuments.getState().open) {
    if (name !== from || template) continue;
    change(id, (each) => ({ ...each, name: to, revision, saved: to === null ? null : each.saved }));
  }
}

export function documentWith(id: string): OpenDocument | null {
  return useDocuments.getState().open.find((each) => each.id === id) ?? null;
}

export function activeDocument({ open, active }: Documents): OpenDocument | null {
  return open.find((each) => each.id === active) ?? null;
}

export function scopeOf(document: OpenDocument): Scope {
  return scopeAt(document.history.present, document.instances) ?? null;
}

export function isUnsaved(document: OpenDocument): boolean {
  return document.saved !== document.history.present;
}

/** Undo may take away the subgraph that one is in: then one stands in the nearest that is left. */
function standing(document: OpenDocument): OpenDocument {
  let { instances } = document;
  while (scopeAt(document.history.present, instances) === undefined) instances = instances.slice(0, -1);
  if (instances !== document.instances) return { ...document, instances, selection: NOTHING_SELECTED };
  return {
    ...document,
    selection: onlyPresent(graphAt(document.history.present, scopeOf(document)), document.selection),
  };
}

function changeActive(how: (document: OpenDocument) => OpenDocument): void {
  const { active } = useDocuments.getState();
  if (active !== null) change(active, how);
}

function change(id: string, how: (document: OpenDocument) => OpenDocument): void {
  useDocuments.setState(({ open }) => ({ open: open.map((each) => (each.id === id ? how(each) : each)) }));
}
