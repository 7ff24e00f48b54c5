/** Copies of unsaved documents in this browser: they are there when the server is not. */

import { jsonOf } from "./api/texts";
import { readWorkflow } from "../graph/document/read";
import type { Workflow } from "../graph/document/model";

export interface Copy {
  /** The revision that it was made from; null for something new. */
  readonly base: string | null;
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly workflow: Workflow;
}

/** Where copies lie, by document. */
export interface Copies {
  put(document: string, copy: Copy): Promise<void>;
  get(document: string): Promise<Copy | null>;
  delete(document: string): Promise<void>;
}

interface Row {
  readonly base: string | null;
  readonly at: number;
  readonly text: string;
}

const STORE = "copies";

/** The browser's database. Local storage would be full after a few large graphs. */
export function browserCopies(name = "graphflow"): Copies {
  let opening: Promise<IDBDatabase> | null = null;
  const open = () => (opening ??= openDatabase(name));
  const within = async <T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
    const request = act((await open()).transaction(STORE, mode).objectStore(STORE));
    return answerOf(request);
  };
  return {
    put: async (document, { base, at, workflow }) => {
      await within("readwrite", (store) => store.put({ base, at, text: jsonOf(workflow) } satisfies Row, document));
    },
    get: async (document) => {
      const row = (await within("readonly", (store) => store.get(document))) as Row | undefined;
      const reading = row && readWorkflow(row.text);
      return row && reading?.ok ? { base: row.base, at: row.at, workflow: reading.workflow } : null;
    },
    delete: async (document) => {
      await within("readwrite", (store) => store.delete(document));
    },
  };
}

function openDatabase(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return answerOf(request);
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the browser's database does not answer"));
  });
}
