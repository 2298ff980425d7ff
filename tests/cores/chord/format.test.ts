import { createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import {
  ByteReader,
  MalformedMessageError,
  decodeMessage,
  encodeMessage,
  recordClaim,
  type Codec,
  type DhtRecord,
  type PeerId,
} from '../../../node/protocol/index.ts'
import {
  chordCodec,
  chordDhtName,
  chordName,
  dhtCodec,
  ringNode,
  type ChordMessage,
  type DhtMessage,
} from '../../../overlays/chord/index.ts'

type Message = ChordMessage | DhtMessage

const page = readFileSync(new URL('../../../docs/formats/chord.md', import.meta.url), 'utf8')

function sectionOf(title: string): string {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${title}\n`))
  if (section === undefined) throw new Error(`Cannot find the section ${title} on the page`)
  return section
}

const digitsOf = (text: string): Uint8Array => hexToBytes(text.replaceAll(/\s/g, ''))

/** Each message of a section, and its bytes in the block that follows. */
function vectorsOf(
  section: string,
): { readonly message: unknown; readonly type: string; readonly bytes: Uint8Array }[] {
  const blocks = section.matchAll(/^```json\n(.*?)^```\n\n```\n(.*?)^```$/gms)
  return Array.from(blocks, ([, json = '', digits = '']) => {
    const message = JSON.parse(json) as { readonly type: string }
    return { message, type: message.type, bytes: digitsOf(digits) }
  })
}

/** As the page writes messages: points are left out, bytes are digits. */
function written(message: Message): unknown {
  return JSON.parse(
    JSON.stringify(message, (name, value: unknown) => {
      if (name === 'point') return undefined
      return value instanceof Uint8Array ? bytesToHex(value) : value
    }),
  )
}

/** Every type that the codec reads, by its first byte: a message of ones is one of any type. */
function typesRead(codec: Codec<Message>): string[] {
  const types: string[] = []
  for (;;) {
    try {
      types.push(codec.decode(new ByteReader(new Uint8Array(512).fill(1).with(0, types.length))).type)
    } catch (error) {
      expect(String(error)).toContain('An unknown type')
      return types
    }
  }
}

describe.each([
  ['The ring', chordCodec as Codec<Message>],
  ['The DHT', dhtCodec as Codec<Message>],
])('%s on the page of the format', (title, codec) => {
  const section = sectionOf(title)
  const vectors = vectorsOf(section)

  test('the table has every type of message with its first byte, and no other', () => {
    const rows = Array.from(section.matchAll(/^\| (\d+) +\| (\w+) +\|/gm), ([, byte, type]) => [Number(byte), type])
    expect(rows).toEqual([...typesRead(codec).entries()])
  })

  test('no block of bytes is without a message beside it', () => {
    expect(vectors.length).toBeGreaterThan(0)
    expect(vectors).toHaveLength(section.match(/^```\n[0-9a-f]/gm)?.length ?? 0)
    expect(vectors).toHaveLength(section.match(/^```json$/gm)?.length ?? 0)
  })

  test.each(vectors)('$type is what stands beside its bytes, and has no others', ({ message, bytes }) => {
    const read = decodeMessage(codec, bytes)
    expect(written(read)).toEqual(message)
    expect(bytesToHex(encodeMessage(codec, read))).toBe(bytesToHex(bytes))
  })

  test.each(
    Array.from(section.matchAll(/^\| `([0-9a-f ]+)` +\| (\w.*?) +\|$/gm), ([, digits, why]) => ({ digits, why })),
  )('$digits is not read: $why', ({ digits = '' }) => {
    expect(() => decodeMessage(codec, digitsOf(digits))).toThrow(MalformedMessageError)
  })
})

test('nodes are where the page says', () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\d+) +\| `([0-9a-f]{64})` \|$/gm)]
  expect(rows.length).toBeGreaterThan(0)
  for (const [, peer, index, point] of rows) expect(ringNode(peer as PeerId, Number(index)).point).toBe(point)
})

test('records on the page are signed as they say', () => {
  const messages = vectorsOf(sectionOf('The DHT')).map(({ bytes }) => decodeMessage(dhtCodec, bytes))
  const records = messages.flatMap((message): DhtRecord[] =>
    message.type === 'fetched' ? message.leases.map(({ record }) => record) : [],
  )
  const claims = records.flatMap((record) => recordClaim(record) ?? [])
  expect(claims.length).toBeGreaterThan(0)
  for (const { key, bytes, signature } of claims) {
    const publicKey = createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key).toString('base64url') },
      format: 'jwk',
    })
    expect(verify(undefined, bytes, publicKey, signature)).toBe(true)
  }
})

test('the page names both protocols', () => {
  for (const name of [chordName, chordDhtName]) expect(page).toContain(`\`${name}\``)
})
