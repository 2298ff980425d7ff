import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromString } from 'uint8arrays'
import type { Tags } from '../../node/protocol/index.ts'
import { Failure } from '../failure.ts'

/** Overlays that route to keys and keep records under them. */
export const structuredOverlays = ['chord', 'kademlia'] as const
export type StructuredOverlay = (typeof structuredOverlays)[number]

/** Those of a peer whose user named none. */
export const defaultStructuredOverlays: readonly StructuredOverlay[] = ['chord']

/** What a peer was started with, kept in its directory so that it comes back as it was. */
export interface Settings {
  readonly network: string
  /** Multiaddrs as they were given; none: every interface, TCP and WebSockets. */
  readonly listen: readonly string[]
  /** Ports that the system chose for the entries of `listen` without one, in their order. */
  readonly ports: readonly number[]
  /** As they were given. */
  readonly join: readonly string[]
  readonly mdns: boolean
  /** Port of the page, 0 for one of the system's choice; false without a page. */
  readonly page: number | false
  /** The port that was chosen for 0. */
  readonly pagePort: number
  /** What a page shows to be told how to be a peer: 43 characters of base64url. */
  readonly token: string
  /** What the peer says of itself. Settings of before there were any have none. */
  readonly tags?: Tags
  /** Beside SWIM and gossip. Settings of before there were any have none: the peer then has the default. */
  readonly overlays?: readonly StructuredOverlay[]
}

const fileName = 'settings.json'
const keyFileName = 'network.key'
const keyLength = 32

/** @returns undefined when the directory has none, or none that can be read: a peer then starts anew */
export function readSettings(directory: string): Settings | undefined {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(join(directory, fileName), 'utf8'))
  } catch {
    return undefined
  }
  return isSettings(value) ? value : undefined
}

export function writeSettings(directory: string, settings: Settings): void {
  writePrivately(join(directory, fileName), `${JSON.stringify(settings, null, 2)}\n`)
}

export function createToken(): string {
  return randomBytes(32).toString('base64url')
}

export function readStoredKey(directory: string): Uint8Array | undefined {
  const file = join(directory, keyFileName)
  return existsSync(file) ? readNetworkKey(file) : undefined
}

export function storeKey(directory: string, key: Uint8Array): void {
  writePrivately(join(directory, keyFileName), key)
}

/**
 * @param file 32 bytes, or as text 64 hexadecimal digits or 43 of base64url; `-` is the standard input
 * @throws Failure for anything else
 */
export function readNetworkKey(file: string): Uint8Array {
  let bytes: Buffer
  try {
    bytes = readFileSync(file === '-' ? 0 : file)
  } catch (cause) {
    throw new Failure('failure', `Cannot read the network key: ${(cause as Error).message}`, { cause })
  }
  if (bytes.length === keyLength) return Uint8Array.from(bytes)
  const text = bytes.toString('latin1').trim()
  if (/^[0-9a-f]{64}$/i.test(text)) return fromString(text.toLowerCase(), 'base16')
  if (/^[\w-]{43}$/.test(text)) return fromString(text, 'base64url')
  throw new Failure('usage', 'The file holds no network key', {
    hint: 'A key is 32 random bytes, plain or as 64 hexadecimal digits: openssl rand -hex 32 > network.key',
  })
}

function writePrivately(file: string, data: string | Uint8Array): void {
  const fresh = `${file}.new`
  writeFileSync(fresh, data, { mode: 0o600 })
  renameSync(fresh, file)
}

export function isStructuredOverlay(name: unknown): name is StructuredOverlay {
  return structuredOverlays.some((known) => known === name)
}

function isSettings(value: unknown): value is Settings {
  if (typeof value !== 'object' || value === null) return false
  const {
    network,
    listen,
    ports,
    join,
    mdns,
    page,
    pagePort,
    token,
    tags = {},
    overlays = [],
  } = value as Record<string, unknown>
  return (
    typeof network === 'string' &&
    isListOf(listen, 'string') &&
    isListOf(ports, 'number') &&
    isListOf(join, 'string') &&
    typeof mdns === 'boolean' &&
    (page === false || typeof page === 'number') &&
    typeof pagePort === 'number' &&
    typeof token === 'string' &&
    typeof tags === 'object' &&
    tags !== null &&
    isListOf(Object.values(tags), 'string') &&
    Array.isArray(overlays) &&
    overlays.every(isStructuredOverlay)
  )
}

function isListOf(value: unknown, type: 'string' | 'number'): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === type)
}
