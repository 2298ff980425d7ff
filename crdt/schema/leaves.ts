import type {
  Container,
  ContainerByType,
  ContainerType,
  CounterContainer,
  GrowOnlyCounterContainer,
  MultiValueRegisterContainer,
  RegisterContainer,
  SetContainer,
  SetType,
  TextContainer,
} from '../container.ts'
import type { Document } from '../document.ts'
import type { JsonValue } from '../json-value.ts'
import type { Schema } from './schema.ts'

export interface TypedRegister<Value extends JsonValue> extends RegisterContainer {
  set(value: Value): void
  get(): Value | undefined
}

export interface TypedMultiValueRegister<Value extends JsonValue> extends MultiValueRegisterContainer {
  set(value: Value): void
  get(): Value | undefined
  values(): Value[]
}

export interface TypedSet<Value extends JsonValue, Type extends SetType = 'set'> extends SetContainer<Type> {
  add(value: Value): void
  delete(value: Value): boolean
  has(value: Value): boolean
  values(): Value[]
  [Symbol.iterator](): Iterator<Value>
}

export function text(): Schema<'text', TextContainer, string> {
  return leaf(
    'text',
    (document, name) => document.text(name),
    (container, initial) => container.insert(0, initial),
  )
}

export function register<Value extends JsonValue = JsonValue>(): Schema<'register', TypedRegister<Value>, Value> {
  return leaf(
    'register',
    (document, name) => document.register(name),
    (container, initial) => container.set(initial),
  )
}

export function multiValueRegister<Value extends JsonValue = JsonValue>(): Schema<
  'multi-value-register',
  TypedMultiValueRegister<Value>,
  Value
> {
  return leaf(
    'multi-value-register',
    (document, name) => document.multiValueRegister(name),
    (container, initial) => container.set(initial),
  )
}

export function counter(): Schema<'counter', CounterContainer, number> {
  return leaf(
    'counter',
    (document, name) => document.counter(name),
    (container, initial) => container.add(initial),
  )
}

export function growOnlyCounter(): Schema<'grow-only-counter', GrowOnlyCounterContainer, number> {
  return leaf(
    'grow-only-counter',
    (document, name) => document.growOnlyCounter(name),
    (container, initial) => container.add(initial),
  )
}

export function set<Value extends JsonValue = JsonValue>(): Schema<'set', TypedSet<Value>, readonly Value[]> {
  return leaf(
    'set',
    (document, name) => document.set(name),
    (container, initial) => initial.forEach((value) => container.add(value)),
  )
}

export function removeWinsSet<Value extends JsonValue = JsonValue>(): Schema<
  'remove-wins-set',
  TypedSet<Value, 'remove-wins-set'>,
  readonly Value[]
> {
  return leaf(
    'remove-wins-set',
    (document, name) => document.removeWinsSet(name),
    (container, initial) => initial.forEach((value) => container.add(value)),
  )
}

/** A schema whose face is the container itself. */
export function leaf<Type extends ContainerType, Face extends ContainerByType[Type], Initial>(
  type: Type,
  root: (document: Document, name: string) => Container,
  fill: (face: Face, initial: Initial) => void,
): Schema<Type, Face, Initial> {
  return {
    type,
    root,
    face: (_document, container) => container as ContainerByType[Type] as Face,
    fill: (face, initial) => void (initial !== undefined && fill(face, initial)),
  }
}
