import type { DocumentId, Instant, Member, PeerId } from '../../node/protocol/index.ts'
import type { CarriedDocument } from './documents.ts'
import type { ReplicatorRejection } from './events.ts'
import type { Refusal } from './messages.ts'
import type { Difference, PeerStanding } from './standings.ts'

/**
 * How a document of this peer stands to that of another, and why:
 *
 * - `equal`: both had the same when they were last compared; `synchronise` compares them now
 * - `behind`: one has what the other lacks, and it is on its way
 * - `refused`: one does not take what the other has
 * - `waiting`: change sets wait here for others that they depend on
 * - `unsaved`: own operations are not durable yet, and told to nobody before they are
 * - `not-followed`: the other does not want to hear of the document
 * - `not-compared`: the other has not said yet what it has
 * - `not-connected`: the other is a member, and documents are not replicated with it now
 */
export type DocumentState =
  'equal' | 'behind' | 'refused' | 'waiting' | 'unsaved' | 'not-followed' | 'not-compared' | 'not-connected'

/** How a document of this peer stands to that of another. */
export interface DocumentStanding {
  readonly peer: PeerId
  /** Undefined: whatever else a peer may have that was not compared yet. */
  readonly document: DocumentId | undefined
  /** Undefined for a document that is known by its id alone, or not carried here yet. */
  readonly name: string | undefined
  readonly state: DocumentState
  /** Operations that the other has and this one lacks; undefined while it has not said. */
  readonly missingHere: number | undefined
  /** Operations that this one has and the other lacks. */
  readonly missingThere: number | undefined
  /**
   * Since when that is so, in milliseconds: on the clock of the host in a core, since 1970 from `peer.documents`.
   * Undefined where it is not known, as for what is equal.
   */
  readonly since: number | undefined
  /** Why this one does not take what the other has. */
  readonly refusedHere: ReplicatorRejection | undefined
  /** Why the other does not take what this one has. */
  readonly refusedThere: Refusal | undefined
}

export interface StandingsSource {
  readonly self: PeerId
  readonly documents: readonly CarriedDocument[]
  readonly members: readonly Member[]
  /** Of connected peers. */
  readonly standings: ReadonlyMap<PeerId, PeerStanding>
  isFollowedBy(peer: PeerId, document: DocumentId): boolean | undefined
  goneSince(peer: PeerId): Instant | undefined
}

/** One for each document and each other member or connected peer. @param only of this document alone */
export function documentStandings(source: StandingsSource, only?: DocumentId): DocumentStanding[] {
  const documents = source.documents.filter(({ id }) => only === undefined || id === only)
  const carried = new Set(documents.map(({ id }) => id))
  const connected = [...source.standings].flatMap(([peer, standing]) => [
    ...documents.map((document) => connectedStanding(source, peer, standing, document)),
    ...[...standing.differences]
      .filter(([id]) => !carried.has(id) && (only === undefined || id === only))
      .map(([document, difference]) => ({ ...record(peer, 'behind', difference), document })),
    ...(only === undefined && !standing.isAnswered ? [record(peer, 'not-compared', { since: standing.since })] : []),
  ])
  const absent = source.members.filter((member) => isAbsent(source, member))
  return [
    ...connected,
    ...absent.flatMap(({ peer, since }) =>
      documents.map(({ id, name }) => {
        const gone = Math.max(since, source.goneSince(peer) ?? since)
        return { ...record(peer, 'not-connected', { since: gone }), document: id, name }
      }),
    ),
  ]
}

function isAbsent({ self, standings }: StandingsSource, { peer, state }: Member): boolean {
  return peer !== self && (state === 'alive' || state === 'suspected') && !standings.has(peer)
}

function connectedStanding(
  source: StandingsSource,
  peer: PeerId,
  standing: PeerStanding,
  document: CarriedDocument,
): DocumentStanding {
  const { id, name } = document
  const difference = standing.differences.get(id)
  if (difference !== undefined)
    return { ...record(peer, differing(difference, document), difference), document: id, name }
  const state = undiffering(source.isFollowedBy(peer, id), standing, document)
  const since = state === 'not-compared' ? standing.since : undefined
  return { ...record(peer, state, { since }), document: id, name }
}

function differing({ refusedHere, refusedThere }: Difference, { pending, waiting }: CarriedDocument): DocumentState {
  // Whoever is busy takes it when it comes again.
  if ((refusedHere ?? 'busy') !== 'busy' || refusedThere !== undefined) return 'refused'
  if (waiting > 0) return 'waiting'
  return pending > 0 ? 'unsaved' : 'behind'
}

function undiffering(
  isFollowed: boolean | undefined,
  { isAnswered }: PeerStanding,
  { pending, waiting }: CarriedDocument,
): DocumentState {
  if (isFollowed === false) return 'not-followed'
  if (waiting > 0) return 'waiting'
  if (pending > 0) return 'unsaved'
  return isAnswered ? 'equal' : 'not-compared'
}

function record(
  peer: PeerId,
  state: DocumentState,
  known: Partial<Omit<Difference, 'since'>> & { readonly since: Instant | undefined },
): DocumentStanding {
  const { missingHere, missingThere, since, refusedHere, refusedThere } = known
  const isEqual = state === 'equal'
  return {
    peer,
    document: undefined,
    name: undefined,
    state,
    missingHere: isEqual ? 0 : missingHere,
    missingThere: isEqual ? 0 : missingThere,
    since,
    refusedHere,
    refusedThere,
  }
}
