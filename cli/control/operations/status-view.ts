import { setTimeout as pause } from 'node:timers/promises'
import type { DocumentId, DocumentStanding } from '../../../node/peer/index.ts'
import type { RunningPeer } from '../../peer/running-peer.ts'
import type { DocumentView, StatusView } from '../requests.ts'
import type { Call, Operation } from '../server.ts'
import { compareAll } from './convergence.ts'
import { documentItem } from './documents.ts'
import { memberItems } from './membership.ts'
import { statusOf } from './status.ts'

/** The least time between two views, in milliseconds. */
const least = 1000

/** How long a view waits for peers to agree, in milliseconds. */
const comparisonTimeout = 400

/** Documents in one view. */
const documentLimit = 200

export function statusViewOperations(running: RunningPeer): Readonly<Record<string, Operation>> {
  return { 'status.watch': (call) => watch(running, call) }
}

/** A view at once, and another whenever something has happened that changes it. Whoever reads slowly gets fewer. */
async function watch(running: RunningPeer, call: Call): Promise<never> {
  const { peer } = running
  const { signal } = call
  const happenings = new Happenings(signal)
  let isOutdated = true
  peer.subscribe(
    ({ type }) => {
      // Who has what of it by now is known only when it was compared.
      isOutdated ||= type === 'saved' || type === 'received' || type === 'rewritten'
      happenings.put()
    },
    { signal },
  )
  peer.overlays.members.subscribe(() => happenings.put(), { signal })
  let last = ''
  for (;;) {
    if (isOutdated) {
      isOutdated = false
      await compareAll(running, comparisonTimeout, signal)
    }
    const view = viewOf(running)
    // Time passes without anything happening.
    const text = JSON.stringify({ ...view, uptimeSeconds: 0 })
    if (text !== last) await call.item(view)
    last = text
    await pause(least, undefined, { signal })
    await happenings.next()
  }
}

function viewOf(running: RunningPeer): StatusView {
  const { peer } = running
  return {
    ...statusOf(running),
    connectedPeers: peer.documents.connections(),
    memberList: memberItems(peer),
    documentList: documentViews(running),
  }
}

function documentViews({ peer }: RunningPeer): DocumentView[] {
  const standings = new Map<DocumentId | undefined, DocumentStanding[]>()
  for (const standing of peer.documents.standings()) {
    const known = standings.get(standing.document)
    if (known === undefined) standings.set(standing.document, [standing])
    else known.push(standing)
  }
  const views = peer.documents.list().map((document) => {
    return { ...documentItem(document), peers: standings.get(document.id) ?? [] }
  })
  const isEqual = ({ peers }: DocumentView): boolean => peers.every(({ state }) => state === 'equal')
  return views.toSorted((one, other) => Number(isEqual(one)) - Number(isEqual(other))).slice(0, documentLimit)
}

/** Whether something has happened since it was last asked. */
class Happenings {
  #happened = false
  #wake: () => void = () => {}
  readonly #signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', () => this.#wake(), { once: true })
  }

  put(): void {
    this.#happened = true
    this.#wake()
  }

  /** Resolves when something has happened since the last call. */
  async next(): Promise<void> {
    if (!this.#happened && !this.#signal.aborted) await new Promise<void>((resolve) => (this.#wake = resolve))
    this.#signal.throwIfAborted()
    this.#happened = false
  }
}
