/** Which pictures one looks at in the gallery. */

import { create } from "zustand";

export interface Shown {
  readonly sha256: string;
  readonly job: string;
}

interface Chosen {
  /** The picture that is shown large. */
  readonly a: Shown | null;
  /** The one that it is compared with. */
  readonly b: Shown | null;
  /** The next picture that is clicked becomes the one to compare with. */
  readonly picking: boolean;
}

export const useChosen = create<Chosen>()(() => ({ a: null, b: null, picking: false }));

/** Show a picture large; while another is wanted to compare with, it is that one. */
export function showPicture(sha256: string, job: string): void {
  useChosen.setState(({ a, picking }) => {
    const next = { sha256, job };
    return picking && a && !sameShown(a, next) ? { b: next, picking: false } : { a: next, b: null, picking: false };
  });
}

/** Compare a picture with the one that is shown large. */
export function compareWith(shown: Shown, sha256: string, job: string): void {
  const b = { sha256, job };
  if (!sameShown(shown, b)) useChosen.setState({ a: { sha256: shown.sha256, job: shown.job }, b, picking: false });
}

/** The next picture that is clicked is compared with the one that is shown. */
export function pickOther({ sha256, job }: Shown): void {
  useChosen.setState({ a: { sha256, job }, picking: true });
}

export function stopComparing(): void {
  useChosen.setState({ b: null, picking: false });
}

export function swap(): void {
  useChosen.setState(({ a, b }) => (a && b ? { a: b, b: a } : {}));
}

export function forgetShown(of: Shown): void {
  useChosen.setState(({ a, b }) => ({
    a: a && sameShown(a, of) ? null : a,
    b: b && sameShown(b, of) ? null : b,
  }));
}

export function sameShown(one: Shown, other: Shown): boolean {
  return one.sha256 === other.sha256 && one.job === other.job;
}
