/** What JSON can say, and −0. Objects keep no order of keys: they come back in the order of code units. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }
