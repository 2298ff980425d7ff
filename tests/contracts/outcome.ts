import { assert, LookupFailedError, QuorumFailedError } from '../../node/protocol/index.ts'

/** What passes time, as far as an outcome needs it. */
interface Clock {
  until(condition: () => boolean, wish: string): Promise<void>
  settle(): Promise<void>
}

/** Repairs that take longer than so many settled networks do not come. */
const attemptLimit = 30

/**
 * What has come of an operation. In the simulator nothing comes of one while nobody lets time pass: a case begins it,
 * waits by its network, and looks.
 */
export class Outcome<Result> {
  #settled: { readonly value: Result } | { readonly reason: unknown } | undefined

  /** Watches from now on, so that what is rejected meanwhile is no surprise to the process. */
  constructor(begun: Promise<Result>) {
    begun.then(
      (value) => void (this.#settled = { value }),
      (reason: unknown) => void (this.#settled = { reason }),
    )
  }

  get isThere(): boolean {
    return this.#settled !== undefined
  }

  /** What was resolved. @throws what was rejected */
  get value(): Result {
    assert(this.#settled !== undefined, 'an outcome is looked at once it is there')
    if ('reason' in this.#settled) throw this.#settled.reason
    return this.#settled.value
  }

  /** What was rejected; undefined if nothing was. */
  get reason(): unknown {
    return this.#settled !== undefined && 'reason' in this.#settled ? this.#settled.reason : undefined
  }
}

/** Resolves when all that was begun has ended, well or badly. */
export async function outcomes<Result>(
  clock: Clock,
  begun: readonly Promise<Result>[],
  wish: string,
): Promise<readonly Outcome<Result>[]> {
  const watched = begun.map((promise) => new Outcome(promise))
  await clock.until(() => watched.every(({ isThere }) => isThere), wish)
  return watched
}

/** What comes of several operations at once. @throws what the first that failed was rejected with */
export async function results<Result>(
  clock: Clock,
  begun: readonly Promise<Result>[],
  wish: string,
): Promise<Result[]> {
  return (await outcomes(clock, begun, wish)).map(({ value }) => value)
}

export async function result<Result>(clock: Clock, begun: Promise<Result>, wish: string): Promise<Result> {
  const [only] = await results(clock, [begun], wish)
  return only as Result
}

/** What operations that must not succeed are rejected with. */
export async function refusals(
  clock: Clock,
  begun: readonly Promise<unknown>[],
  wish: string,
): Promise<readonly unknown[]> {
  const ended = await outcomes(clock, begun, wish)
  return ended.map(({ reason }) => {
    assert(reason !== undefined, `${wish}: it succeeded`)
    return reason
  })
}

/** The error that an operation is refused with, which must be of the class. */
export async function refusalOf<Refusal extends Error>(
  clock: Clock,
  kind: abstract new (...parameters: never[]) => Refusal,
  begun: Promise<unknown>,
  wish: string,
): Promise<Refusal> {
  const [reason] = await refusals(clock, [begun], wish)
  assert(reason instanceof kind, `${wish}: a ${kind.name} was expected, not ${String(reason)}`)
  return reason
}

/**
 * Tries until nothing is wrong any more, with time for repairs in between.
 *
 * @param attempt tells what is wrong; a lookup or quorum that failed is wrong too, and may be better the next time
 */
export async function eventually(
  clock: Clock,
  wish: string,
  attempt: () => Promise<string | undefined>,
): Promise<void> {
  let wrong: string | undefined
  for (let count = 0; count < attemptLimit; count++) {
    wrong = await attempt().catch(passing)
    if (wrong === undefined) return
    await clock.settle()
  }
  throw new Error(`Waited for ${wish} while a network settled ${attemptLimit} times: ${wrong}`)
}

function passing(error: unknown): string {
  if (error instanceof LookupFailedError || error instanceof QuorumFailedError) return String(error)
  throw error
}
