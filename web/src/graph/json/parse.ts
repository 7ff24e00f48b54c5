import type { Json } from "./value";

/** Text that is no JSON, or that has two meanings. `offset` counts UTF-16 units from the start. */
export class JsonError extends Error {
  override readonly name = "JsonError";

  constructor(
    readonly code: "not-json" | "duplicate-key" | "number-too-large" | "not-finite" | "too-deep" | "bad-text",
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

const DEEPEST = 200;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
/** A whole number that needs no looking at: it cannot be too large. */
const SMALL = /-?(?:0|[1-9]\d{0,14})(?![\d.eE])/y;
/** A key with its colon, where nothing in it is escaped: one look instead of six, which counts while a page is young. */
const KEY = /[ \n\r\t]*"([^"\\\u0000-\u001f]*)"[ \n\r\t]*:[ \n\r\t]*/y;
const WHOLE = /[^"\\\u0000-\u001f]*"/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const LEAST = -(2n ** 63n);
const GREATEST = 2n ** 64n - 1n;

/**
 * Read JSON without losing anything: JSON.parse rounds large whole numbers, forgets that `3.0` is no `3`, sorts keys
 * that look like numbers to the front, and drops all but the last of two equal keys. Into `texts` go the fields of the
 * outermost object as they are written.
 *
 * Throws JsonError.
 */
export function parseJson(text: string, texts: Map<string, string> | null = null): Json {
  const parser = new Parser(text.startsWith("\ufeff") ? text.slice(1) : text, texts);
  return parser.whole();
}

class Parser {
  private at = 0;
  private depth = 0;
  /** No text in it can hold half a character, unless an escape makes one. */
  private readonly sound: boolean;

  constructor(
    private readonly text: string,
    private readonly texts: Map<string, string> | null,
  ) {
    this.sound = text.isWellFormed();
  }

  whole(): Json {
    this.space();
    const value = this.value();
    this.space();
    if (this.at < this.text.length) this.fail("something follows the end");
    return value;
  }

  /** Read the value that begins here. */
  private value(): Json {
    switch (this.text[this.at]) {
      case "{":
        return this.object();
      case "[":
        return this.list();
      case '"':
        return this.string();
      case "t":
        return this.word("true", true);
      case "f":
        return this.word("false", false);
      case "n":
        return this.word("null", null);
      default:
        return this.number();
    }
  }

  private enter(): void {
    if (++this.depth > DEEPEST) {
      throw new JsonError("too-deep", "lists and objects are nested far too deep", this.at);
    }
    this.at++;
  }

  private object(): ReadonlyMap<string, Json> {
    this.enter();
    const made = new Map<string, Json>();
    if (!this.ends("}")) {
      do this.entry(made);
      while (this.goesOn("}"));
    }
    this.depth--;
    return made;
  }

  private entry(made: Map<string, Json>): void {
    const before = this.at;
    const key = this.key();
    if (made.has(key)) {
      const start = this.text.indexOf('"', before);
      throw new JsonError("duplicate-key", `the key ${JSON.stringify(key)} stands twice`, start);
    }
    const from = this.at;
    made.set(key, this.value());
    if (this.depth === 1) this.texts?.set(key, this.text.slice(from, this.at));
  }

  /** Read a key and its colon. */
  private key(): string {
    KEY.lastIndex = this.at;
    const plain = this.sound ? KEY.exec(this.text)?.[1] : undefined;
    if (plain !== undefined) {
      this.at = KEY.lastIndex;
      return plain;
    }
    this.space();
    if (this.text[this.at] !== '"') this.fail("a key in double quotes is wanted");
    const key = this.string();
    this.space();
    if (this.text[this.at] !== ":") this.fail("`:` is wanted");
    this.at++;
    this.space();
    return key;
  }

  private list(): readonly Json[] {
    this.enter();
    const made: Json[] = [];
    if (!this.ends("]")) {
      do {
        this.space();
        made.push(this.value());
      } while (this.goesOn("]"));
    }
    this.depth--;
    return made;
  }

  private ends(close: string): boolean {
    this.space();
    if (this.text[this.at] !== close) return false;
    this.at++;
    return true;
  }

  private goesOn(close: string): boolean {
    if (this.text[this.at] !== "," && this.ends(close)) return false;
    if (this.text[this.at] !== ",") this.fail("`,` is wanted");
    this.at++;
    return true;
  }

  private string(): string {
    WHOLE.lastIndex = this.at + 1;
    if (!this.sound || !WHOLE.test(this.text)) return this.escaped();
    const made = this.text.slice(this.at + 1, WHOLE.lastIndex - 1);
    this.at = WHOLE.lastIndex;
    return made;
  }

  private escaped(): string {
    const start = this.at++;
    let made = "";
    for (;;) {
      PLAIN.lastIndex = this.at;
      const plain = PLAIN.exec(this.text)?.[0] ?? "";
      made += plain;
      this.at += plain.length;
      const next = this.text[this.at++];
      if (next === '"') break;
      if (next !== "\\") {
        this.at--;
        this.fail(next === undefined ? "a text is not closed" : "a control character stands in a text");
      }
      made += this.escape();
    }
    if (!made.isWellFormed()) throw new JsonError("bad-text", "a text holds half a character", start);
    return made;
  }

  private escape(): string {
    const letter = this.text[this.at++] ?? "";
    if (letter === "u") {
      const digits = this.text.slice(this.at, this.at + 4);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.fail("four hexadecimal digits are wanted");
      this.at += 4;
      return String.fromCharCode(parseInt(digits, 16));
    }
    const character = ESCAPES[letter];
    if (character === undefined) this.fail(`\\${letter} means nothing`);
    return character;
  }

  private number(): bigint | number {
    SMALL.lastIndex = this.at;
    if (SMALL.test(this.text)) {
      const small = this.text.slice(this.at, SMALL.lastIndex);
      this.at = SMALL.lastIndex;
      return BigInt(small);
    }
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text);
    if (!found) this.fail(this.at < this.text.length ? "a value is wanted" : "the text ends too early");
    const start = this.at;
    const digits = found[0];
    this.at += digits.length;
    if (found[1] === undefined && found[2] === undefined) return wholeNumber(digits, start);
    const value = Number(digits);
    if (!Number.isFinite(value)) throw new JsonError("not-finite", `${digits} is no number that can be kept`, start);
    return value;
  }

  private word<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) this.fail("a value is wanted");
    this.at += word.length;
    return value;
  }

  private space(): void {
    while (isBlank(this.text.charCodeAt(this.at))) this.at++;
  }

  private fail(what: string): never {
    const before = this.text.slice(0, this.at);
    const line = before.split("\n").length;
    const column = this.at - before.lastIndexOf("\n");
    throw new JsonError("not-json", `this is not JSON: line ${line}, column ${column}: ${what}`, this.at);
  }
}

/** A space, a tab, or the end of a line. */
function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function wholeNumber(digits: string, offset: number): bigint {
  if (digits.length <= 20) {
    const value = BigInt(digits);
    if (value >= LEAST && value <= GREATEST) return value;
  }
  const shown = digits.length > 60 ? `a number of ${digits.length} digits` : digits;
  throw new JsonError("number-too-large", `${shown} lies outside -2^63 to 2^64 - 1`, offset);
}
