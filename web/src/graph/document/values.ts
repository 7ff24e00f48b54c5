import { isList, isObject, type Json, type JsonObject } from "../json/value";
import type { Link, Value } from "./model";
import { isName } from "./names";

export type ReadValue =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly code: string; readonly message: string };

const DEEPEST = 64;

/** Read what stands at one input of a node: a link, a list of links, or a literal. */
export function readValue(data: Json): ReadValue {
  if (data === null) return refuse("wrong-type", "a bare null says nothing: leave the input out");
  if (isObject(data)) {
    const inner = data.get("value");
    if (data.size === 1 && inner !== undefined) return literal(inner);
    const link = readLink(data);
    return link ? { ok: true, value: link } : refuse("bad-link", "an object at an input is a link");
  }
  return isList(data) ? list(data) : { ok: true, value: data };
}

function list(data: readonly Json[]): ReadValue {
  const objects = data.filter(isObject);
  if (objects.length === 0) {
    const bare = data.every((each) => each !== null && typeof each !== "object");
    return bare
      ? { ok: true, value: data as Value }
      : refuse("wrong-type", "a bare list holds numbers, texts, true and false");
  }
  if (objects.length < data.length) return refuse("mixed-list", "a list holds links and literals");
  const links = objects.map(readLink).filter((each) => each !== null);
  return links.length === data.length
    ? { ok: true, value: links }
    : refuse("bad-link", "an object in a list is a link");
}

function literal(data: Json): ReadValue {
  if (depth(data) > DEEPEST) return refuse("too-deep", `a literal nests more than ${DEEPEST} deep`);
  return { ok: true, value: data };
}

function depth(data: Json): number {
  if (typeof data !== "object" || data === null) return 0;
  let deepest = 0;
  for (const each of data.values()) deepest = Math.max(deepest, depth(each));
  return deepest + 1;
}

function readLink(data: JsonObject): Link | null {
  const [node, output] = [data.get("node"), data.get("output")];
  if (data.size !== 2 || typeof node !== "string" || typeof output !== "string") return null;
  return isName(node, "node") && isName(output, "port") ? { node, output } : null;
}

function refuse(code: string, message: string): ReadValue {
  return { ok: false, code, message };
}
