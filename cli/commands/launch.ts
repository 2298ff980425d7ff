import type { Tags } from '../../node/protocol/index.ts'
import { Failure } from '../failure.ts'
import { readCount } from '../operands.ts'
import { readAddress } from '../peer/addresses.ts'
import {
  createToken,
  defaultStructuredOverlays,
  isStructuredOverlay,
  readNetworkKey,
  readSettings,
  readStoredKey,
  structuredOverlays,
  type Settings,
  type StructuredOverlay,
} from '../peer/settings.ts'
import type { Options } from './command.ts'

/** What a peer is to be started with. */
export interface Launch {
  readonly settings: Settings
  readonly key: Uint8Array | undefined
  /** The key is not in the directory yet. */
  readonly isKeyNew: boolean
}

/** The network of peers whose user named none. */
const defaultNetwork = 'peerloom'

/** Options win over what the peer was started with before. @throws Failure for options that make no sense */
export function readLaunch(directory: string, options: Options): Launch {
  const former = readSettings(directory)
  const network = text(options['network']) ?? former?.network ?? defaultNetwork
  if (network.length > 64) throw new Failure('usage', 'The name of a network has 1 to 64 characters')
  const keyFile = text(options['networkKeyFile'])
  // The key belongs to a network: another network does not inherit it.
  const storedKey = former?.network === network ? readStoredKey(directory) : undefined
  const listen = list(options['listen'])?.map(readAddress)
  const settings: Settings = {
    network,
    listen: listen ?? former?.listen ?? [],
    ports: listen === undefined || String(listen) === String(former?.listen) ? (former?.ports ?? []) : [],
    join: list(options['join'])?.map(readAddress) ?? (former?.network === network ? former.join : []),
    mdns: typeof options['mdns'] === 'boolean' ? options['mdns'] : (former?.mdns ?? true),
    page: readPage(options['page']) ?? former?.page ?? 0,
    pagePort: former?.pagePort ?? 0,
    token: former?.token ?? createToken(),
    tags: readTags(options['tag']) ?? former?.tags ?? {},
    overlays: readOverlays(options['overlay']) ?? former?.overlays ?? defaultStructuredOverlays,
  }
  return keyFile === undefined
    ? { settings, key: storedKey, isKeyNew: false }
    : { settings, key: readNetworkKey(keyFile), isKeyNew: true }
}

function readPage(given: unknown): number | false | undefined {
  if (given === undefined || given === false) return given
  return given === true ? 0 : readCount(given, 'a port', 0, 65_535)
}

/** Those given take the place of all that were. */
function readTags(given: unknown): Tags | undefined {
  if (given === false) return {}
  const tags = list(given)?.map((tag) => {
    const [, name = '', value = ''] = /^([^=]+)=([^]*)$/.exec(tag) ?? []
    if (name !== '') return [name, value] as const
    throw new Failure('usage', `Cannot use ${JSON.stringify(tag)} as a tag: name=value is wanted`)
  })
  return tags === undefined ? undefined : Object.fromEntries(tags)
}

/** As with tags. */
function readOverlays(given: unknown): readonly StructuredOverlay[] | undefined {
  if (given === false) return []
  const names = list(given)?.map((name) => {
    if (isStructuredOverlay(name)) return name
    throw new Failure('usage', `Cannot run an overlay named ${JSON.stringify(name)}`, {
      hint: `Beside swim and gossip there are: ${structuredOverlays.join(', ')}`,
    })
  })
  return names === undefined ? undefined : [...new Set(names)]
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function list(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? (value as readonly string[]) : undefined
}
