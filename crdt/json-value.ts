import { ByteReader, ByteWriter, MalformedMessageError } from '../node/protocol/index.ts'
import { ValueTooLargeError } from './errors.ts'
import { limits } from './limits.ts'

/** What JSON can say, and −0. Objects keep no order of keys: they come back in the order of code units. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }

const tags = { null: 0, false: 1, true: 2, natural: 3, negative: 4, float: 5, string: 6, array: 7, object: 8 } as const

const loneSurrogate = /\p{Surrogate}/u

function isWellFormed(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) >= 0xd800) return !loneSurrogate.test(text)
  return true
}

/**
 * @returns the value as every replica will have it: a deep copy, frozen
 * @throws TypeError for what is no plain value: undefined, NaN, ±Infinity, lone surrogates, a Date, a cycle …
 * @throws ValueTooLargeError
 */
export function keepValue(value: unknown): JsonValue {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value === 'string' && value.length < limits.valueBytes / 4 && isWellFormed(value)) return value
  const writer = new ByteWriter(64)
  writeValue(writer, value)
  if (writer.length > limits.valueBytes) throw new ValueTooLargeError('value', limits.valueBytes)
  return typeof value === 'object' ? readValue(new ByteReader(writer.view())) : (value as JsonValue)
}

/** @throws TypeError, ValueTooLargeError when the text cannot be a key or a name */
export function checkName(text: string, what: 'key' | 'name'): void {
  if (typeof text !== 'string' || !isWellFormed(text)) {
    throw new TypeError(`Cannot use ${JSON.stringify(text)} as a ${what}: a string without lone surrogates is wanted`)
  }
  if (text.length * 3 > limits.nameBytes && new ByteWriter().text(text).length - 2 > limits.nameBytes) {
    throw new ValueTooLargeError(what, limits.nameBytes)
  }
}

/** Equal values have equal bytes. */
export function writeValue(writer: ByteWriter, value: unknown, depth = 0): void {
  switch (typeof value) {
    case 'boolean':
      writer.u8(value ? tags.true : tags.false)
      return
    case 'number':
      writeNumber(writer, value)
      return
    case 'string':
      if (value.length > limits.valueBytes) throw new ValueTooLargeError('value', limits.valueBytes)
      if (!isWellFormed(value)) throw new TypeError('Cannot keep a string with a lone surrogate')
      writer.u8(tags.string).text(value)
      return
    case 'object':
      if (value === null) writer.u8(tags.null)
      else writeObject(writer, value, depth)
      return
    default:
      throw new TypeError(`Cannot keep a value of type ${typeof value}: a plain JSON value is wanted`)
  }
}

function writeNumber(writer: ByteWriter, value: number): void {
  if (!Number.isFinite(value)) throw new TypeError(`Cannot keep ${value}: a finite number is wanted`)
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) writer.u8(tags.float).f64(value)
  else if (value >= 0) writer.u8(tags.natural).varint(value)
  else writer.u8(tags.negative).varint(-value)
}

function writeObject(writer: ByteWriter, value: object, depth: number): void {
  if (depth >= limits.valueDepth) {
    throw new TypeError(`Cannot keep a value that is nested deeper than ${limits.valueDepth}`)
  }
  if (writer.length > limits.valueBytes) throw new ValueTooLargeError('value', limits.valueBytes)
  if (Array.isArray(value)) {
    writer.u8(tags.array).varint(value.length)
    for (const item of value as unknown[]) writeValue(writer, item, depth + 1)
    return
  }
  if (!isPlainObject(value)) throw new TypeError('Cannot keep an object of a class: a plain JSON value is wanted')
  const keys = Object.keys(value).sort()
  writer.u8(tags.object).varint(keys.length)
  for (const key of keys) {
    if (!isWellFormed(key)) throw new TypeError('Cannot keep a key with a lone surrogate')
    writer.text(key)
    writeValue(writer, (value as Record<string, unknown>)[key], depth + 1)
  }
}

/** Of this realm or another: its prototype is null, or ends the chain. */
function isPlainObject(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** @throws MalformedMessageError unless the bytes are what `writeValue` writes */
export function readValue(reader: ByteReader): JsonValue {
  const start = reader.offset
  const value = readTagged(reader, reader.u8(), 0)
  if (reader.offset - start > limits.valueBytes) throw new MalformedMessageError('A value above the limit')
  return value
}

function readTagged(reader: ByteReader, tag: number, depth: number): JsonValue {
  switch (tag) {
    case tags.null:
      return null
    case tags.false:
      return false
    case tags.true:
      return true
    case tags.natural:
      return reader.varint()
    case tags.negative:
      return readNegative(reader)
    case tags.float:
      return readFloat(reader)
    case tags.string:
      return reader.text(limits.valueBytes)
    case tags.array:
      return readArray(reader, depth)
    case tags.object:
      return readObject(reader, depth)
    default:
      throw new MalformedMessageError(`A value of the unknown kind ${tag}`)
  }
}

function readNegative(reader: ByteReader): number {
  const magnitude = reader.varint()
  if (magnitude === 0) throw new MalformedMessageError('A zero written as negative integer')
  return -magnitude
}

function readFloat(reader: ByteReader): number {
  const value = reader.f64()
  if (!Number.isFinite(value) || (Number.isSafeInteger(value) && !Object.is(value, -0))) {
    throw new MalformedMessageError('A float that is no number, or an integer')
  }
  return value
}

function readArray(reader: ByteReader, depth: number): JsonValue {
  checkDepth(depth)
  const items = reader.list(limits.valueBytes, (reader) => readTagged(reader, reader.u8(), depth + 1))
  return Object.freeze(items)
}

function readObject(reader: ByteReader, depth: number): JsonValue {
  checkDepth(depth)
  const object: Record<string, JsonValue> = {}
  let last: string | undefined
  const count = reader.varint(limits.valueBytes)
  for (let index = 0; index < count; index++) {
    const key = reader.text(limits.valueBytes)
    if (last !== undefined && key <= last) throw new MalformedMessageError('An object with keys out of order')
    setMember(object, key, readTagged(reader, reader.u8(), depth + 1))
    last = key
  }
  return Object.freeze(object)
}

/** An assignment to `__proto__` would change the prototype instead. */
export function setMember(object: Record<string, JsonValue>, key: string, value: JsonValue): void {
  if (key !== '__proto__') object[key] = value
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}

function checkDepth(depth: number): void {
  if (depth >= limits.valueDepth) throw new MalformedMessageError('A value that is nested too deeply')
}
