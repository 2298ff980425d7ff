import { fromString } from 'uint8arrays'

/** What the peer that serves this page tells of itself. */
export interface ServingPeer {
  readonly network: { readonly name: string; readonly key?: Uint8Array }
  /** Multiaddrs at which a browser reaches it. */
  readonly join: readonly string[]
  readonly profile: string
}

const tokenName = 'peerloom-notes/token'
const answerName = 'peerloom-notes/serving-peer'
const askLimit = 3000
const joinLimit = 16

/**
 * The token that came in the link, kept for reloads. It is taken out of the address bar, so that an address that is
 * shared or shown says which note is open and nothing else.
 */
export function takeToken(): string | undefined {
  const given = new URLSearchParams(location.hash.slice(1)).get('token')
  if (given !== null && given !== '') {
    localStorage.setItem(tokenName, given)
    history.replaceState(history.state, '', `${location.pathname}${location.search}`)
  }
  return localStorage.getItem(tokenName) ?? undefined
}

/** @throws when nobody answers, the token is refused, or the answer makes no sense */
export async function askServingPeer(token: string | undefined): Promise<ServingPeer> {
  const response = await fetch('/api/peer', {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(askLimit),
    cache: 'no-store',
  })
  if (response.status === 401) {
    throw new Error('Cannot ask the peer that serves this page: it does not know the token of this link')
  }
  if (!response.ok) throw new Error(`Cannot ask the peer that serves this page: it answered ${response.status}`)
  const text = await response.text()
  const answer = readAnswer(text)
  localStorage.setItem(answerName, text)
  return answer
}

/** The last answer, for a start while the peer is away. */
export function lastServingPeer(): ServingPeer | undefined {
  const kept = localStorage.getItem(answerName)
  return kept === null ? undefined : readAnswer(kept)
}

function readAnswer(text: string): ServingPeer {
  const { network, join, profile } = JSON.parse(text) as {
    readonly network: { readonly name: string; readonly key?: string }
    readonly join: readonly string[]
    readonly profile: string
  }
  if (typeof network?.name !== 'string' || !Array.isArray(join) || typeof profile !== 'string') {
    throw new TypeError('Cannot read what the peer that serves this page tells of itself')
  }
  return {
    network: {
      name: network.name,
      ...(network.key === undefined ? {} : { key: fromString(network.key, 'base64url') }),
    },
    join: join.filter((address) => typeof address === 'string').slice(0, joinLimit),
    profile,
  }
}
