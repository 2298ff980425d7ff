import { either, list, optional, record, refuse, text, wholeNumber, converted, type Shape } from './shape.ts'
import { percentPattern, readPercent, share } from './quantities.ts'
import { alternatives, suggestion } from './place.ts'

/** Which peers a fault or a workload is about. Shares and counts are drawn from the seed each time they are needed. */
export type PeerChoice =
  | { readonly kind: 'all' }
  /** Of a list of groups: those in none of the others. */
  | { readonly kind: 'others' }
  /** A peer, or a group. */
  | { readonly kind: 'named'; readonly name: string }
  /** In the order in which peers were added, from 0; both ends included. */
  | { readonly kind: 'range'; readonly first: number; readonly last: number }
  | { readonly kind: 'share'; readonly share: number; readonly of: PeerChoice }
  | { readonly kind: 'count'; readonly count: number; readonly of: PeerChoice }
  | { readonly kind: 'several'; readonly choices: readonly PeerChoice[] }

/** What peers and groups may be called. */
export const peerNames = {
  pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,63}$',
  wish: 'a name of up to 64 letters, digits, "_", "." and "-" that begins with a letter',
  not: ['all', 'others'],
} as const

export const peerLimit = 1_000_000

const wish = 'a peer, a group, "all", a range such as "0-9", a share such as "1%", or a list of these'

const everybody: PeerChoice = { kind: 'all' }

/** A function, since a choice may stand within a choice. */
function choiceShape(): Shape<PeerChoice> {
  return {
    wish,
    schema: { $ref: '#/$defs/peers' },
    read: (value, place) => choice.read(value, place),
  }
}

const drawn: Shape<PeerChoice> = converted(
  record<{ share?: number; count?: number; of?: PeerChoice }>('an object with "share" or "count", and perhaps "of"', {
    share: optional(share, 'How many of them, at least one.'),
    count: optional(wholeNumber({ least: 1, most: peerLimit }), 'How many of them.'),
    of: optional(choiceShape(), 'Which ones to draw from. Left out: all.'),
  }),
  ({ share, count, of = everybody }): PeerChoice => {
    if (share !== undefined && count === undefined) return { kind: 'share', share, of }
    if (count !== undefined && share === undefined) return { kind: 'count', count, of }
    throw new RangeError('allowed is exactly one of "share" and "count"')
  },
)

const choice: Shape<PeerChoice> = either<PeerChoice>(
  {
    string: {
      wish,
      schema: {
        type: 'string',
        anyOf: [{ pattern: peerNames.pattern }, { pattern: rangePattern() }, { pattern: percentPattern() }],
      },
      read: (value, place) => readWord(value as string) ?? refuse(place, value, wish),
    },
    list: converted(list(choiceShape(), { least: 1, most: 1000 }), (choices) => ({ kind: 'several', choices })),
    object: drawn,
  },
  wish,
)

export const peerChoice: Shape<PeerChoice> = choiceShape()
/** What `#/$defs/peers` stands for. */
export const peerChoiceSchema: Shape<PeerChoice>['schema'] = choice.schema

/** Of what kind the names in a file may be: checked once all of it is read. */
export interface KnownPeers {
  readonly count: number
  readonly names: ReadonlySet<string>
  readonly groups: ReadonlySet<string>
}

/** @returns what is wrong with a choice, or undefined */
export function findUnknown(choice: PeerChoice, { count, names, groups }: KnownPeers): string | undefined {
  switch (choice.kind) {
    case 'named': {
      if (names.has(choice.name) || groups.has(choice.name)) return undefined
      const near = suggestion(choice.name, [...groups, ...names])
      const listed = groups.size === 0 ? '' : `, the groups ${alternatives([...groups])}`
      const [first = ''] = names
      return `found ${JSON.stringify(choice.name)}, which is no peer and no group; allowed are the peers ${JSON.stringify(first)} and so on${listed}, "all", a range or a share${near}`
    }
    case 'range':
      if (choice.last < count) return undefined
      return `found a range up to ${choice.last}, allowed is up to ${count - 1}: peers are counted from 0`
    case 'share':
    case 'count':
      return findUnknown(choice.of, { count, names, groups })
    case 'several':
      return choice.choices
        .map((each) => findUnknown(each, { count, names, groups }))
        .find((each) => each !== undefined)
    case 'all':
      return undefined
    case 'others':
      return 'found "others", allowed only in a list of groups'
  }
}

function rangePattern(): string {
  return String.raw`^\d{1,7}(-\d{1,7})?$`
}

function readWord(word: string): PeerChoice | undefined {
  if (word === 'all' || word === 'others') return { kind: word }
  if (new RegExp(peerNames.pattern).test(word)) return { kind: 'named', name: word }
  if (new RegExp(percentPattern()).test(word)) {
    return { kind: 'share', share: readPercent(word), of: { kind: 'all' } }
  }
  if (!new RegExp(rangePattern()).test(word)) return undefined
  const [first = 0, last = first] = word.split('-').map(Number)
  return first <= last ? { kind: 'range', first, last } : undefined
}

/** The pattern of names, as text: for whoever needs a shape of one name. */
export const peerName: Shape<string> = {
  ...text(peerNames.wish, peerNames.pattern),
  schema: { type: 'string', pattern: peerNames.pattern, not: { enum: peerNames.not } },
  read(value, place) {
    const name = text(peerNames.wish, peerNames.pattern).read(value, place)
    return name === 'all' || name === 'others' ? refuse(place, value, `${peerNames.wish}, not "all" or "others"`) : name
  },
}
