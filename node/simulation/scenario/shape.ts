import { alternatives, shown, suggestion, type Place } from './place.ts'

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = { readonly [keyword: string]: unknown }

/**
 * One form that a value in a scenario file may have. The parser and the published JSON Schema are both made of shapes,
 * so that neither allows what the other does not know.
 */
export interface Shape<Value> {
  /** What is allowed, in words that follow "allowed is". */
  readonly wish: string
  readonly schema: JsonSchema
  /** @returns undefined when the place was told of a problem */
  read(value: unknown, place: Place): Value | undefined
}

export interface Field<Value> {
  readonly shape: Shape<Value>
  /** What the key means; stands in the schema. */
  readonly about: string
  readonly required: boolean
  readonly fallback?: Value
}

/** A key for each of the value's own. */
export type Fields<Value> = { readonly [Key in keyof Value]-?: Field<Exclude<Value[Key], undefined>> }

export function required<Value>(shape: Shape<Value>, about: string): Field<Value> {
  return { shape, about, required: true }
}

export function optional<Value>(shape: Shape<Value>, about: string): Field<Value> {
  return { shape, about, required: false }
}

/** A key that may be left out, and what it then is. */
export function fallback<Value>(shape: Shape<Value>, value: Value, about: string): Field<Value> {
  return { shape, about, required: false, fallback: value }
}

/** An object with these keys and no others. */
export function record<Value extends object>(wish: string, fields: Fields<Value>): Shape<Value> {
  const known = Object.entries<Field<unknown>>(fields)
  return {
    wish,
    schema: {
      type: 'object',
      properties: Object.fromEntries(known.map(([key, field]) => [key, describe(field)])),
      required: known.filter(([, field]) => field.required).map(([key]) => key),
      additionalProperties: false,
    },
    read(value, place) {
      if (!isObject(value)) return refuse(place, value, wish)
      const names = known.map(([key]) => key)
      for (const key of Object.keys(value)) {
        if (names.includes(key)) continue
        place.key(key).problem(`unknown key; allowed are ${alternatives(names)}${suggestion(key, names)}`)
      }
      const result: Record<string, unknown> = {}
      for (const [key, { shape, required, fallback }] of known) {
        if (Object.hasOwn(value, key)) result[key] = shape.read(value[key], place.key(key))
        else if (required) place.problem(`the key ${JSON.stringify(key)} is missing; it is ${shape.wish}`)
        else if (fallback !== undefined) result[key] = fallback
      }
      return result as Value
    },
  }
}

/** Objects that are told apart by the word under `key`: each has the fields of its word, and `shared` ones. */
export function tagged<Value extends object>(
  key: string,
  wish: string,
  variants: Readonly<Record<string, Shape<Value>>>,
): Shape<Value> {
  const words = Object.keys(variants)
  return {
    wish,
    schema: { oneOf: Object.entries(variants).map(([word, { schema }]) => withTag(schema, key, word)) },
    read(value, place) {
      if (!isObject(value)) return refuse(place, value, wish)
      const word = Object.hasOwn(value, key) ? value[key] : undefined
      if (word === undefined)
        return place.problem(`the key ${JSON.stringify(key)} is missing; it is ${alternatives(words)}`)
      const variant = typeof word === 'string' && Object.hasOwn(variants, word) ? variants[word] : undefined
      if (variant === undefined) return refuseWord(place.key(key), word, words)
      const rest = Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
      const read = variant.read(rest, place)
      return read === undefined ? undefined : { [key]: word, ...read }
    },
  }
}

/** An object with exactly one key, which says what its value means: `{"uniform": [1, 50]}`. */
export function keyed<Value>(wish: string, variants: Readonly<Record<string, Shape<Value>>>): Shape<Value> {
  const words = Object.keys(variants)
  return {
    wish,
    schema: {
      oneOf: Object.entries(variants).map(([word, { schema }]) => ({
        type: 'object',
        properties: { [word]: schema },
        required: [word],
        additionalProperties: false,
      })),
    },
    read(value, place) {
      if (!isObject(value)) return refuse(place, value, wish)
      const [word, ...more] = Object.keys(value)
      if (word === undefined || more.length > 0) {
        return place.problem(`found ${shown(value)}, allowed is exactly one of the keys ${alternatives(words)}`)
      }
      const variant = Object.hasOwn(variants, word) ? variants[word] : undefined
      if (variant !== undefined) return variant.read(value[word], place.key(word))
      return place.key(word).problem(`unknown key; allowed are ${alternatives(words)}${suggestion(word, words)}`)
    },
  }
}

/** Keys that the file chooses itself. @param names a pattern for them, with what it means */
export function dictionary<Value>(
  names: { readonly pattern: string; readonly wish: string; readonly not?: readonly string[] },
  item: Shape<Value>,
  most: number,
): Shape<ReadonlyMap<string, Value>> {
  const wish = `an object whose keys are ${names.wish}`
  const pattern = new RegExp(names.pattern)
  const propertyNames = { pattern: names.pattern, ...(names.not === undefined ? {} : { not: { enum: names.not } }) }
  return {
    wish,
    schema: { type: 'object', propertyNames, additionalProperties: item.schema, maxProperties: most },
    read(value, place) {
      if (!isObject(value)) return refuse(place, value, wish)
      const entries = Object.entries(value)
      if (entries.length > most) return place.problem(`found ${entries.length} keys, allowed are at most ${most}`)
      const result = new Map<string, Value>()
      for (const [key, given] of entries) {
        if (!pattern.test(key) || names.not?.includes(key) === true) {
          place.key(key).problem(`found the key ${shown(key)}, allowed is ${names.wish}`)
        }
        const read = item.read(given, place.key(key))
        if (read !== undefined) result.set(key, read)
      }
      return result
    },
  }
}

export function list<Value>(item: Shape<Value>, limits: { least?: number; most: number }): Shape<readonly Value[]> {
  const { least = 0, most } = limits
  const wish = `a list of ${least === most ? most : `${least} to ${most}`}, each ${item.wish}`
  return {
    wish,
    schema: { type: 'array', items: item.schema, minItems: least, maxItems: most },
    read(value, place) {
      if (!Array.isArray(value) || value.length < least || value.length > most) return refuse(place, value, wish)
      return value.map((given: unknown, index) => item.read(given, place.item(index)) as Value)
    },
  }
}

export function wholeNumber(limits: { readonly least: number; readonly most: number }): Shape<number> {
  const { least, most } = limits
  const wish = `a whole number from ${least} to ${most}`
  return {
    wish,
    schema: { type: 'integer', minimum: least, maximum: most },
    read: (value, place) =>
      typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
        ? value
        : refuse(place, value, wish),
  }
}

/** @param limits both included */
export function number(limits: { readonly least: number; readonly most: number }): Shape<number> {
  const { least, most } = limits
  const wish = `a number from ${least} to ${most}`
  return {
    wish,
    schema: { type: 'number', minimum: least, maximum: most },
    read: (value, place) =>
      typeof value === 'number' && value >= least && value <= most ? value : refuse(place, value, wish),
  }
}

export const flag: Shape<boolean> = {
  wish: 'true or false',
  schema: { type: 'boolean' },
  read: (value, place) => (typeof value === 'boolean' ? value : refuse(place, value, 'true or false')),
}

/** Text of that pattern. @param convert its meaning, or undefined when it has none */
export function text<Value = string>(
  wish: string,
  pattern: string,
  convert?: (text: string) => Value | undefined,
): Shape<Value> {
  const expression = new RegExp(pattern, 'u')
  return {
    wish,
    schema: { type: 'string', pattern },
    read(value, place) {
      if (typeof value !== 'string' || !expression.test(value)) return refuse(place, value, wish)
      const converted = convert === undefined ? (value as Value) : convert(value)
      return converted === undefined ? refuse(place, value, wish) : converted
    },
  }
}

/** One of these words. */
export function word<Word extends string>(...words: readonly Word[]): Shape<Word> {
  return {
    wish: alternatives(words),
    schema: { enum: words },
    read: (value, place) => (words.includes(value as Word) ? (value as Word) : refuseWord(place, value, words)),
  }
}

interface Kinds<Value> {
  readonly number?: Shape<Value>
  readonly string?: Shape<Value>
  readonly list?: Shape<Value>
  readonly object?: Shape<Value>
}

/** One of several shapes, told apart by what kind of JSON value is there. */
export function either<Value>(kinds: Kinds<Value>, wish: string = wishOf(kinds)): Shape<Value> {
  return {
    wish,
    schema: { anyOf: Object.values(kinds).map(({ schema }: Shape<Value>) => schema) },
    read(value, place) {
      const kind = kindOf(value)
      const shape = kind === undefined ? undefined : kinds[kind]
      return shape === undefined ? refuse(place, value, wish) : shape.read(value, place)
    },
  }
}

/** The same form with another meaning. @param convert throws a RangeError for what makes no sense */
export function converted<From, To>(shape: Shape<From>, convert: (from: From) => To): Shape<To> {
  return {
    wish: shape.wish,
    schema: shape.schema,
    read(value, place) {
      const before = place.problems.length
      const from = shape.read(value, place)
      if (from === undefined || place.problems.length > before) return undefined
      try {
        return convert(from)
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        return place.problem(error.message)
      }
    },
  }
}

export function refuse(place: Place, value: unknown, wish: string): undefined {
  return place.problem(`found ${shown(value)}, allowed is ${wish}`)
}

function refuseWord(place: Place, value: unknown, words: readonly string[]): undefined {
  const near = typeof value === 'string' ? suggestion(value, words) : ''
  return place.problem(`found ${shown(value)}, allowed is ${alternatives(words)}${near}`)
}

function describe({ shape, about, fallback }: Field<unknown>): JsonSchema {
  const plain = fallback === undefined || typeof fallback === 'object' ? {} : { default: fallback }
  return { ...shape.schema, description: about, ...plain }
}

function withTag(schema: JsonSchema, key: string, word: string): JsonSchema {
  const { properties, required } = schema as { properties: JsonSchema; required: readonly string[] }
  return { ...schema, properties: { [key]: { const: word }, ...properties }, required: [key, ...required] }
}

function wishOf<Value>(kinds: Kinds<Value>): string {
  return Object.values(kinds)
    .map(({ wish }: Shape<Value>) => wish)
    .join(', or ')
}

function kindOf(value: unknown): keyof Kinds<unknown> | undefined {
  if (typeof value === 'number' || typeof value === 'string') return typeof value as 'number' | 'string'
  if (Array.isArray(value)) return 'list'
  return isObject(value) ? 'object' : undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
