import type { Duration } from '../../node/protocol/index.ts'

/**
 * Reads events until they end, or until there is a quorum and its stragglers have had their time. One replica that is
 * silent then costs no more than that.
 *
 * @param take is told of each event; whether there is a quorum now
 * @param signal also ends the wait for stragglers
 * @returns whether the events have ended
 */
export async function untilQuorum<Event>(
  events: AsyncIterable<Event>,
  take: (event: Event) => boolean,
  stragglers: Duration,
  signal: AbortSignal,
): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined
  let late = (): void => {}
  const lateness = new Promise<false>((resolve) => {
    late = () => resolve(false)
  })
  const reading = (async () => {
    for await (const event of events) {
      if (take(event)) timer ??= setTimeout(late, stragglers)
    }
    return true as const
  })()
  signal.addEventListener('abort', late, { once: true })
  try {
    return await Promise.race([reading, lateness])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', late)
    // Whoever ended the wait does not hear of what goes wrong after it.
    reading.catch(() => {})
  }
}
