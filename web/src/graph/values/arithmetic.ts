/** What is typed into a number field: a number or a sum, worked out exactly, so that 2^64 - 1 and 0.1 + 0.2 are what they say. */

interface Fraction {
  readonly over: bigint;
  readonly under: bigint;
}

export type Worked =
  | { readonly ok: true; readonly value: Fraction }
  | { readonly ok: false; readonly reason: "empty" | "not-a-number" | "by-zero" | "too-large" };

class Refused extends Error {
  constructor(readonly reason: "not-a-number" | "by-zero" | "too-large") {
    super(reason);
  }
}

const NUMBER = /^(\d+(?:\.\d*)?|\.\d+)(?:[eE]([+-]?\d+))?/;
const DEEPEST = 50;
/** Room for every 64-bit number and every fraction that a float can hold, but not for what would keep the page busy. */
const MOST_DIGITS = 400;

/** Work out `+ - * / ^` and parentheses; a comma is a decimal point. */
export function workOut(text: string): Worked {
  const tidy = text.replace(/\s+/g, "").replaceAll(",", ".").replaceAll("×", "*").replaceAll("−", "-");
  if (tidy === "") return { ok: false, reason: "empty" };
  if (tidy.length > MOST_DIGITS) return { ok: false, reason: "too-large" };
  try {
    return { ok: true, value: new Sum(tidy).whole() };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, reason: error.reason };
    throw error;
  }
}

/** The whole number that it is, or null. */
export function asWhole({ over, under }: Fraction): bigint | null {
  return over % under === 0n ? over / under : null;
}

/** The nearest number. */
export function asNumber({ over, under }: Fraction): number {
  if (under === 1n) return Number(over);
  // the text of the quotient, so that it is rounded once and not twice
  const sign = over < 0n ? "-" : "";
  const size = over < 0n ? -over : over;
  const digits = (((size % under) * 10n ** 30n) / under).toString().padStart(30, "0");
  const value = Number(`${sign}${size / under}.${digits}`);
  return value === 0 && over !== 0n ? Number(over) / Number(under) : value;
}

class Sum {
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  whole(): Fraction {
    const value = this.sum();
    if (this.at < this.text.length) throw new Refused("not-a-number");
    return value;
  }

  private sum(): Fraction {
    let value = this.product();
    for (;;) {
      const other = this.takes("+") ? this.product() : this.takes("-") ? negative(this.product()) : null;
      if (other === null) return value;
      value = fraction(value.over * other.under + other.over * value.under, value.under * other.under);
    }
  }

  private product(): Fraction {
    let value = this.power();
    for (;;) {
      if (this.takes("*")) {
        const other = this.power();
        value = fraction(value.over * other.over, value.under * other.under);
      } else if (this.takes("/")) {
        const other = this.power();
        if (other.over === 0n) throw new Refused("by-zero");
        value = fraction(value.over * other.under, value.under * other.over);
      } else return value;
    }
  }

  private power(): Fraction {
    if (this.takes("-")) return negative(this.power());
    if (this.takes("+")) return this.power();
    const base = this.single();
    if (!this.takes("^")) return base;
    const exponent = asWhole(this.power());
    if (exponent === null) throw new Refused("not-a-number");
    const times = exponent < 0n ? -exponent : exponent;
    if (times * BigInt(digitsOf(base)) > 20_000n) throw new Refused("too-large");
    const raised = fraction(base.over ** times, base.under ** times);
    if (exponent >= 0n) return raised;
    if (raised.over === 0n) throw new Refused("by-zero");
    return fraction(raised.under, raised.over);
  }

  private single(): Fraction {
    if (this.takes("(")) {
      if (++this.depth > DEEPEST) throw new Refused("too-large");
      const value = this.sum();
      this.depth--;
      if (!this.takes(")")) throw new Refused("not-a-number");
      return value;
    }
    const found = NUMBER.exec(this.text.slice(this.at));
    if (!found) throw new Refused("not-a-number");
    this.at += found[0].length;
    return decimal(found[1] ?? "0", Number(found[2] ?? 0));
  }

  private takes(sign: string): boolean {
    if (this.text[this.at] !== sign) return false;
    this.at++;
    return true;
  }
}

function decimal(digits: string, exponent: number): Fraction {
  if (Math.abs(exponent) > MOST_DIGITS) throw new Refused("too-large");
  const [whole = "", rest = ""] = digits.split(".");
  const power = exponent - rest.length;
  const value = BigInt(`${whole}${rest}` || "0");
  return power >= 0 ? fraction(value * 10n ** BigInt(power), 1n) : fraction(value, 10n ** BigInt(-power));
}

function digitsOf({ over, under }: Fraction): number {
  return Math.max(over.toString(16).length, under.toString(16).length);
}

function negative({ over, under }: Fraction): Fraction {
  return { over: -over, under };
}

function fraction(over: bigint, under: bigint): Fraction {
  if (under < 0n) return fraction(-over, -under);
  let [one, other] = [over < 0n ? -over : over, under];
  while (other !== 0n) [one, other] = [other, one % other];
  return one > 1n ? { over: over / one, under: under / one } : { over, under };
}
