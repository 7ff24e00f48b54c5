/** Times, sizes and durations as people read them, in the language of the page. */

import i18next from "i18next";

const LEAST = 0.1;
const MINUTE = 60;
const HOUR = 3600;

/** `< 0.1 s`, `2.4 s`, `1 min 5 s`, `2 h 3 min`. */
export function duration(seconds: number): string {
  if (seconds < LEAST) return `< ${number(LEAST, 1)} s`;
  if (seconds < 10) return `${number(seconds, 1)} s`;
  if (seconds < MINUTE) return `${number(seconds)} s`;
  const rounded = Math.round(seconds);
  if (rounded < HOUR) return `${number(Math.floor(rounded / MINUTE))} min ${number(rounded % MINUTE)} s`;
  return `${number(Math.floor(rounded / HOUR))} h ${number(Math.floor((rounded % HOUR) / MINUTE))} min`;
}

/** The time of day, with the day before it where that is not today. `at` is in seconds since 1970. */
export function moment(at: number, now = Date.now()): string {
  const date = new Date(at * 1000);
  const time = new Intl.DateTimeFormat(i18next.language, { hour: "2-digit", minute: "2-digit" }).format(date);
  return sameDay(date, new Date(now)) ? `${dayName(at, now)} ${time}` : `${dayName(at, now)}, ${time}`;
}

/** `12:04:31` */
export function clock(at: number): string {
  return new Intl.DateTimeFormat(i18next.language, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).format(new Date(at * 1000));
}

/** `today`, `yesterday`, else the date. */
export function dayName(at: number, now = Date.now()): string {
  const date = new Date(at * 1000);
  const words = new Intl.RelativeTimeFormat(i18next.language, { numeric: "auto" });
  if (sameDay(date, new Date(now))) return words.format(0, "day");
  if (sameDay(date, new Date(now - 24 * HOUR * 1000))) return words.format(-1, "day");
  return new Intl.DateTimeFormat(i18next.language, { dateStyle: "medium" }).format(date);
}

/** `6.1 GB`, `240 kB`, in powers of 1000. */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, count < 1 ? 0 : Math.floor(Math.log10(count) / 3));
  const value = count / 1000 ** power;
  return `${number(value, power > 0 && value < 100 ? 1 : 0)} ${units[power] ?? ""}`;
}

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(i18next.language, { maximumFractionDigits: digits }).format(value);
}

export function sameDay(one: Date, other: Date): boolean {
  return one.toDateString() === other.toDateString();
}
