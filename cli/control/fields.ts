import { Failure } from '../failure.ts'

/** The arguments of a request; what has the wrong type is refused. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>

  constructor(values: unknown) {
    this.#values = typeof values === 'object' && values !== null ? (values as Record<string, unknown>) : {}
  }

  text(name: string): string {
    const value = this.optionalText(name)
    if (value === undefined) throw new Failure('usage', `Cannot answer the request: ${name} is missing`)
    return value
  }

  optionalText(name: string): string | undefined {
    const value = this.value(name)
    if (value === undefined || typeof value === 'string') return value
    throw new Failure('usage', `Cannot answer the request: ${name} is no text`)
  }

  /** @returns the given one, or what is meant without it */
  natural(name: string, otherwise: number): number {
    const value = this.value(name) ?? otherwise
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
    throw new Failure('usage', `Cannot answer the request: ${name} is no natural number`)
  }

  flag(name: string): boolean {
    return this.value(name) === true
  }

  value(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined
  }
}
