import { generateKeyPair } from '@libp2p/crypto/keys'
import { expect, test } from 'vitest'
import { authorKey, verifySignature } from '../../../node/libp2p/index.ts'

test('checking a signature leaves its bytes as they are, also when they are a Buffer', async () => {
  const author = authorKey(await generateKeyPair('Ed25519'))
  const bytes = new Uint8Array(100)
  // The sign bit of half of all signatures is set.
  for (let number = 0; number < 20; number++) {
    bytes[0] = number
    const signature = Buffer.from(await author.sign(bytes))
    const before = Uint8Array.from(signature)
    expect(await verifySignature({ key: author.publicKey, bytes, signature })).toBe(true)
    expect(Uint8Array.from(signature)).toEqual(before)
  }
})
