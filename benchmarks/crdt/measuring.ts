import { setImmediate as turn } from 'node:timers/promises'

/** Milliseconds that the work took. */
export function elapsed(work: () => void): number {
  const start = performance.now()
  work()
  return performance.now() - start
}

/**
 * Bytes in use once all garbage is gone: JavaScript's own and what it keeps outside, array buffers and memory of
 * WebAssembly (`external` holds both). Needs --expose-gc.
 */
export async function heldBytes(): Promise<number> {
  let held = Number.POSITIVE_INFINITY
  for (let round = 0; round < 12; round++) {
    // What is freed by finalizers is freed in a turn of its own.
    await turn()
    globalThis.gc?.()
    const { heapUsed, external } = process.memoryUsage()
    const freed = held - (heapUsed + external)
    held = heapUsed + external
    if (round >= 4 && Math.abs(freed) < 2000) break
  }
  return held
}

/** @throws Error when what was measured is not what was to be done */
export function check(isRight: boolean, what: string): void {
  if (!isRight) throw new Error(`Wrong result: ${what}`)
}

export const megabyte = 1e6
