export type Kind = 'chord()' | 'kademlia()' | 'kad-dht, k = 3' | 'kad-dht, k = 20'

export type Operation = 'put' | 'get' | 'lookup' | 'provide' | 'providers'

export interface PeerAddress {
  readonly id: string
  readonly address: string
}

/** What the parent asks of a worker. Each order is answered once. */
export type Order =
  | { readonly type: 'create'; readonly kind: Kind; readonly directories: readonly string[] }
  /** Every peer knows the address of every other, and dials them all: the network is warm. */
  | { readonly type: 'connect'; readonly all: readonly PeerAddress[] }
  /** One after another, its peers in turn. */
  | { readonly type: 'act'; readonly operation: Operation; readonly numbers: readonly number[] }
  | { readonly type: 'state' }

export interface Acted {
  /** Milliseconds of those that succeeded. */
  readonly durations: readonly number[]
  readonly failed: number
}

/** What one worker has used and carried since it started. */
export interface State {
  /** User and system, microseconds. */
  readonly cpu: number
  /** Read from its sockets. */
  readonly bytes: number
  readonly messages: number
  /** Peers that each of its peers routes to. */
  readonly known: readonly number[]
}
