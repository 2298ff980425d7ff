import { element } from './element.ts'

export type ConnectionState = 'connecting' | 'connected' | 'offline'

/** What the bar at the bottom says. */
export interface Status {
  readonly connection: ConnectionState
  /** Other peers that membership knows to be alive. */
  readonly peers: number
  /** Authors with this note open, the user of this tab among them. */
  readonly people: number
  /** Own operations that would not survive a crash yet. */
  readonly pending: number
  /** Own operations that no other peer is known to have. */
  readonly unconfirmed: number
  /** The store takes no more writes. */
  readonly failure: string | undefined
}

const connections: Readonly<Record<ConnectionState, string>> = {
  connecting: 'Looking for the peer …',
  connected: 'Connected',
  offline: 'Offline: the peer is away. You can go on writing',
}

export function showStatus(status: Status): void {
  const { connection, peers, people } = status
  const lamp = element('connection')
  lamp.dataset['state'] = connection
  // Only when it changes: it is read out.
  setText('connection-text', connections[connection])
  setText('presence', `${count(peers, 'other peer')} · ${people === 1 ? 'only you here' : `${people} people here`}`)
  const saving = element('saving')
  saving.dataset['state'] = savingState(status)
  setText('saving', savingText(status))
}

function savingState({ failure, pending, unconfirmed }: Status): string {
  if (failure !== undefined) return 'failed'
  if (pending > 0) return 'pending'
  return unconfirmed > 0 ? 'unconfirmed' : 'saved'
}

function savingText({ failure, pending, unconfirmed }: Status): string {
  if (failure !== undefined) return `Cannot save: ${failure}`
  if (pending > 0) return `Saving ${count(pending, 'edit')} …`
  return unconfirmed > 0 ? `Saved here · ${count(unconfirmed, 'edit')} not with a peer yet` : 'Saved'
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function setText(id: string, text: string): void {
  const place = element(id)
  if (place.textContent !== text) place.textContent = text
}
