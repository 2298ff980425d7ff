import { toString } from 'uint8arrays'
import {
  immutableKey,
  keyOf,
  ownedKey,
  recordLimits,
  sharedKey,
  type Dht,
  type DhtRecord,
  type DhtWrite,
  type Key,
} from '../../../node/protocol/index.ts'
import { Failure } from '../../failure.ts'
import type { RunningPeer } from '../../peer/running-peer.ts'
import type { Fields } from '../fields.ts'
import type { ProvidedReport, ProvidersReport, RecordItem, RecordsReport, StoredReport } from '../requests.ts'
import type { Call, Operation } from '../server.ts'
import { contentOf } from './content.ts'
import { chooseOverlay, readKey } from './structured.ts'

export function dhtOperations(running: RunningPeer): Readonly<Record<string, Operation>> {
  return {
    'dht.get': (call) => get(running, call),
    'dht.put': (call) => put(running, call),
    'dht.provide': async ({ fields, signal }): Promise<ProvidedReport> => {
      const { name, api } = chooseOverlay(running, fields)
      const key = readKey(fields, keyOf)
      const withdrawn = fields.flag('withdraw')
      if (withdrawn) api.withdraw(key)
      else await api.provide(key, { signal })
      return { overlay: name, key, provided: !withdrawn }
    },
    'dht.providers': async ({ fields, signal }): Promise<ProvidersReport> => {
      const { name, api } = chooseOverlay(running, fields)
      const key = readKey(fields, keyOf)
      const providers = await api.providers(key, { signal })
      if (providers.length === 0) throw nothing(fields, 'Nobody is known to provide', key)
      return { overlay: name, peer: running.peer.id, key, providers }
    },
  }
}

async function get(running: RunningPeer, { fields, signal }: Call): Promise<RecordsReport> {
  const { name, api } = chooseOverlay(running, fields)
  const key = fields.flag('owned') ? ownedKey(api.author, fields.text('key')) : readKey(fields, sharedKey)
  const records = await api.get(key, { signal })
  if (records.length === 0) throw nothing(fields, 'No record was found under', key)
  return { overlay: name, key, records: records.map(describe) }
}

async function put(running: RunningPeer, call: Call): Promise<StoredReport> {
  const { fields, signal } = call
  const { name, api } = chooseOverlay(running, fields)
  const write = readWrite(fields, await readValue(call))
  const key = keyOfWrite(api, write)
  try {
    return { overlay: name, key, record: describe(await api.put(key, write, { signal })) }
  } catch (error) {
    if (error instanceof RangeError) throw new Failure('usage', error.message, { cause: error })
    throw error
  }
}

/** @throws Failure `too-large` as soon as it is, however much would follow */
async function readValue(call: Call): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of call.input()) {
    pieces.push(piece)
    length += piece.length
    if (length > recordLimits.valueBytes) {
      throw new Failure('too-large', `Cannot store the value: it exceeds ${recordLimits.valueBytes} bytes`, {
        hint: 'Store its parts, or keep it here and tell that you have it: peerloom dht provide KEY',
      })
    }
  }
  return Uint8Array.from(Buffer.concat(pieces))
}

function readWrite(fields: Fields, value: Uint8Array): DhtWrite {
  const kind = fields.text('kind')
  switch (kind) {
    case 'immutable':
      return { kind, value }
    case 'owned': {
      const sequence = fields.value('sequence') === undefined ? {} : { sequence: fields.natural('sequence', 0) }
      return { kind, name: fields.text('name'), value, ...sequence }
    }
    case 'shared':
      return { kind, name: fields.text('name'), value, ...(fields.flag('sibling') ? { replaces: [] } : {}) }
    default:
      throw new Failure('usage', `Cannot answer the request: ${JSON.stringify(kind)} is no kind of record`)
  }
}

function keyOfWrite({ author }: Dht, write: DhtWrite): Key {
  switch (write.kind) {
    case 'immutable':
      return immutableKey(write.value)
    case 'owned':
      return ownedKey(author, write.name)
    case 'shared':
      return sharedKey(write.name)
  }
}

function describe(record: DhtRecord): RecordItem {
  const value = { bytes: record.value.length, ...contentOf(record.value) }
  switch (record.kind) {
    case 'immutable':
      return { kind: record.kind, ...value }
    case 'owned': {
      const { kind, name, owner, sequence } = record
      return { kind, name, owner: toString(owner, 'base64url'), sequence, ...value }
    }
    case 'shared': {
      const { kind, name, writer, version } = record
      const counts = Array.from(version, ([process, count]) => ({ process, count }))
      return { kind, name, writer: toString(writer, 'base64url'), version: counts, ...value }
    }
  }
}

function nothing(fields: Fields, what: string, key: Key): Failure {
  const given = fields.text('key')
  const named = given.toLowerCase() === key ? key : `${JSON.stringify(given)}, whose key is ${key}`
  return new Failure('not-found', `${what} ${named}`)
}
