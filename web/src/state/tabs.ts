/** Which tabs were open in this browser, and opening them again with all that was not saved. */

import { ServerError } from "../wire/http";
import { fetchDraft, fetchDrafts, fetchWorkflow, type Draft, type Fetched } from "./api/library";
import type { Copies, Copy } from "./copies";
import { activate, enter, openDocument, useDocuments, type OpenDocument } from "./documents";
import { draftNameOf } from "./drafts";
import { openWith } from "./library";
import { tellProblem } from "./notices";

interface Tab {
  readonly id: string;
  readonly name: string | null;
  readonly template: boolean;
  readonly instances: readonly string[];
}

interface Tabs {
  readonly tabs: readonly Tab[];
  readonly active: string | null;
}

const KEY = "graphflow.tabs";

/** Write down which tabs are open whenever that changes: for this window, and for the next one. Returns how to stop. */
export function followTabs(window: Storage = sessionStorage, browser: Storage = localStorage): () => void {
  let before = "";
  return useDocuments.subscribe(({ open, active }) => {
    const text = JSON.stringify({ tabs: open.map(tabOf), active } satisfies Tabs);
    if (text === before) return;
    before = text;
    window.setItem(KEY, text);
    browser.setItem(KEY, text);
  });
}

/** Open the tabs of this window again; in a new window those of the last one, unless that still has them. */
export async function restoreTabs(
  copies: Copies,
  window: Storage = sessionStorage,
  browser: Storage = localStorage,
): Promise<void> {
  const alone = await isOnlyWindow();
  const text = window.getItem(KEY) ?? (alone ? browser.getItem(KEY) : null);
  const { tabs, active } = tabsIn(text);
  const drafts = tabs.length > 0 ? await draftNames() : null;
  const found = await Promise.all(tabs.map((tab) => contentOf(tab, copies, drafts)));
  // all at once: one after the other each would be drawn for a moment
  tabs.forEach((tab, index) => restoreTab(tab, found[index] ?? null));
  if (active !== null && useDocuments.getState().open.some(({ id }) => id === active)) activate(active);
}

/** What the server keeps, so that nothing else is asked for; null where it did not say. */
async function draftNames(): Promise<ReadonlySet<string> | null> {
  try {
    return new Set((await fetchDrafts()).map(({ name }) => name));
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    return null;
  }
}

interface Content {
  readonly saved: Fetched | null;
  readonly unsaved: Pick<Draft, "base" | "workflow"> | null;
}

/** What a tab holds; null where the server refused to say, which is told. */
async function contentOf(tab: Tab, copies: Copies, drafts: ReadonlySet<string> | null): Promise<Content | null> {
  try {
    const [copy, draft, saved] = await Promise.all([copyOf(tab, copies), draftOf(tab, drafts), savedOf(tab)]);
    return { saved, unsaved: copy && (!draft || copy.at / 1000 >= draft.modified) ? copy : draft };
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    tellProblem("restoreTab", error);
    return null;
  }
}

function restoreTab({ id, instances }: Tab, content: Content | null): void {
  if (content?.saved) openWith(content.saved, content.unsaved, id);
  else if (content?.unsaved) openDocument({ id, name: null, workflow: content.unsaved.workflow });
  else return;
  enter(instances);
}

/** Where the browser lends no database there is no copy; that none can be kept is told when one is written. */
function copyOf({ id }: Tab, copies: Copies): Promise<Copy | null> {
  return copies.get(id).catch((error: unknown) => {
    if (!(error instanceof DOMException)) throw error;
    return null;
  });
}

function draftOf(tab: Tab, drafts: ReadonlySet<string> | null): Promise<Draft | null> {
  const name = draftNameOf(tab);
  return drafts?.has(name) === false ? Promise.resolve(null) : orNone(fetchDraft(name));
}

function savedOf({ name, template }: Tab): Promise<Fetched | null> {
  return name === null ? Promise.resolve(null) : orNone(fetchWorkflow(name, template ? "template" : "own"));
}

async function orNone<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ServerError && error.status === 404) return null;
    throw error;
  }
}

function tabOf({ id, name, template, instances }: OpenDocument): Tab {
  return { id, name, template, instances };
}

/** What was written down; nothing where somebody else wrote there. */
function tabsIn(text: string | null): Tabs {
  try {
    const found = JSON.parse(text ?? "null") as Partial<Tabs> | null;
    return { tabs: Array.isArray(found?.tabs) ? found.tabs : [], active: found?.active ?? null };
  } catch {
    return { tabs: [], active: null };
  }
}

/** Is no other window of this browser open? The lock is held as long as this one is. */
function isOnlyWindow(): Promise<boolean> {
  if (!("locks" in navigator)) return Promise.resolve(true); // without TLS there are no locks
  return new Promise((resolve) => {
    void navigator.locks.request(KEY, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise<never>(() => undefined);
    });
  });
}
