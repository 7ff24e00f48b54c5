/** Plain data as it stands in our files: whole numbers are `bigint`, all others `number`, objects are maps in the order of the file. */
export type Json = null | boolean | string | bigint | number | readonly Json[] | JsonObject;

export type JsonObject = ReadonlyMap<string, Json>;

export function isObject(value: unknown): value is JsonObject {
  return value instanceof Map;
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
