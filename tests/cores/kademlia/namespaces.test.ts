import { fromString } from 'uint8arrays'
import { expect, test } from 'vitest'
import { immutableKey } from '../../../node/protocol/index.ts'
/* oxlint-disable no-restricted-imports -- parts of the overlay, which nobody else is to use */
import { Namespaces } from '../../../overlays/kademlia/namespaces.ts'
import { encodeValue, valueKey } from '../../../overlays/kademlia/record-value.ts'

const bytes = (text: string): Uint8Array => fromString(text)

/** Values `n:…`, of which the greatest n is the best. */
const namespaces = new Namespaces({
  app: {
    validate: (_, value) => {
      if (!/^\d:/.test(new TextDecoder().decode(value))) throw new RangeError('no number')
    },
    select: (_, values) => values.reduce((best, value, index) => (value[0]! > values[best]![0]! ? index : best), 0),
  },
})

test('a value of a namespace is better if it is chosen, and valid', async () => {
  const key = bytes('/app/name')
  expect(await namespaces.isBetter(key, bytes('2:new'), bytes('1:old'))).toBe(true)
  expect(await namespaces.isBetter(key, bytes('1:old'), bytes('2:new'))).toBe(false)
  expect(await namespaces.isBetter(key, bytes('zzz'), bytes('1:old'))).toBe(false)
})

test('a value of records is better if it has all of the other’s, and is valid', async () => {
  const value = bytes('value')
  const key = valueKey(immutableKey(value))
  const encoded = encodeValue([{ kind: 'immutable', value }])
  const other = encodeValue([{ kind: 'immutable', value: bytes('other') }])
  expect(await namespaces.isBetter(key, encoded, encoded)).toBe(true)
  expect(await namespaces.isBetter(key, other, encoded)).toBe(false)
})
