import { isObject, type Json } from "./value";

/** Write plain data on one line, in the way that Python's json module does: the bytes agree with the command line's. */
export function writeJson(value: Json): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "bigint":
    case "boolean":
      return String(value);
    case "number":
      return writeFloat(value);
    default:
      if (value === null) return "null";
      if (isObject(value)) {
        const fields = Array.from(value, ([key, each]) => `${JSON.stringify(key)}: ${writeJson(each)}`);
        return `{${fields.join(", ")}}`;
      }
      return `[${value.map(writeJson).join(", ")}]`;
  }
}

/** Write a number that is not whole by its type: 3 becomes `3.0`; the digits are the shortest that read back the same. */
export function writeFloat(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} is no number that a file can keep`);
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power < -4 || power >= 16) {
    const sign = power < 0 ? "-" : "+";
    return `${mantissa}e${sign}${String(Math.abs(power)).padStart(2, "0")}`;
  }
  const plain = positional(mantissa, power);
  return plain.includes(".") ? plain : `${plain}.0`;
}

function positional(mantissa: string, power: number): string {
  const sign = mantissa.startsWith("-") ? "-" : "";
  const digits = mantissa.replace(/[-.]/g, "");
  if (power < 0) return `${sign}0.${"0".repeat(-power - 1)}${digits}`;
  const whole = digits.slice(0, power + 1).padEnd(power + 1, "0");
  const rest = digits.slice(power + 1);
  return rest ? `${sign}${whole}.${rest}` : `${sign}${whole}`;
}
