import { isObject, type Json, type JsonObject } from "../json/value";
import { writeJson } from "../json/write";
import { codePoints, COLOR, isName, type NameKind } from "./names";

/** One thing that is wrong with a file: the same shape as the server's problems. */
export interface DocumentProblem {
  readonly code: string;
  readonly message: string;
  readonly node: string | null;
  readonly input: string | null;
}

const NONE: JsonObject = new Map();

/** Takes the fields of one object and reports each that is missing, unknown or of another type. */
export class Fields {
  readonly data: JsonObject;
  readonly ok: boolean;

  constructor(
    data: Json | undefined,
    private readonly what: string,
    private readonly problems: DocumentProblem[],
    private readonly node: string | null = null,
  ) {
    this.ok = isObject(data);
    this.data = isObject(data) ? data : NONE;
    if (!this.ok) this.report("wrong-type", `${what} must be an object`);
  }

  only(...known: readonly string[]): void {
    for (const key of this.data.keys()) {
      if (!known.includes(key)) this.report("unknown-key", `${this.what} has an unknown key '${key}'`);
    }
  }

  need(...keys: readonly string[]): void {
    if (!this.ok) return;
    for (const key of keys) if (!this.data.has(key)) this.report("missing-key", `${this.what} has no \`${key}\``);
  }

  text(key: string, longest: number): string | null {
    const value = this.data.get(key);
    if (value === undefined) return null;
    if (typeof value !== "string") return this.wrong(key, "text", value);
    if (value.length > longest && codePoints(value) > longest) {
      this.report("too-long", `\`${key}\` of ${this.what} has more than ${longest} characters`);
      return null;
    }
    return value;
  }

  named(key: string, kind: NameKind): string {
    const value = this.text(key, 210);
    if (value === null || isName(value, kind)) return value ?? "";
    this.report("bad-name", `\`${key}\` of ${this.what} cannot be '${value}'`);
    return "";
  }

  color(): string | null {
    const value = this.text("color", 7);
    if (value === null || COLOR.test(value)) return value;
    this.report("bad-name", `\`color\` of ${this.what} is written #rrggbb, not '${value}'`);
    return null;
  }

  whole(key: string, least: number, greatest: number): number | null {
    const value = this.data.get(key);
    if (value === undefined) return null;
    if (typeof value === "bigint" && value >= BigInt(least) && value <= BigInt(greatest)) return Number(value);
    return this.wrong(key, `a whole number from ${least} to ${greatest}`, value);
  }

  truth(key: string): boolean {
    const value = this.data.get(key) ?? false;
    if (typeof value === "boolean") return value;
    this.wrong(key, "true or false", value);
    return false;
  }

  oneOf<T extends string>(key: string, options: readonly T[]): T | null {
    const value = this.data.get(key);
    if (value === undefined) return null;
    return options.find((each) => each === value) ?? this.wrong(key, options.join(" or "), value);
  }

  entries(key: string): JsonObject {
    const value = this.data.get(key);
    if (value === undefined || isObject(value)) return value ?? NONE;
    this.wrong(key, "an object", value);
    return NONE;
  }

  /** A number for drawing; into `written` goes how it stands in the file where the number alone would not tell. */
  place(key: string, written: Map<string, string>): number | null {
    const value = this.data.get(key);
    if (value === undefined) return null;
    if (typeof value !== "bigint" && typeof value !== "number") return this.wrong(key, "a number", value);
    const place = Number(value);
    const obvious = typeof value === "bigint" ? Number.isSafeInteger(place) : !Number.isInteger(place);
    if (!obvious) written.set(key, writeJson(value));
    return place;
  }

  report(code: string, message: string, input: string | null = null): void {
    this.problems.push({ code, message, node: this.node, input });
  }

  private wrong(key: string, wanted: string, value: Json): null {
    const shown = writeJson(value);
    const found = shown.length > 60 ? `${shown.slice(0, 60)}…` : shown;
    this.report("wrong-type", `\`${key}\` of ${this.what} must be ${wanted}, got ${found}`);
    return null;
  }
}
