/** The shape of a translation: every key of the English one, with words of its own. */
export type Texts<T> = { readonly [K in keyof T]: T[K] extends string ? string : Texts<T[K]> };
