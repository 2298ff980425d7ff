import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { verifySignature } from '../../../node/libp2p/index.ts'
import { SignatureChecks } from '../../../node/libp2p/signatures.ts'
import { signatureVectors } from './signature-vectors.ts'

function hex(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits, 'hex'))
}

function signed(text: string): { key: Uint8Array; bytes: Uint8Array; signature: Uint8Array } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const bytes = Buffer.from(text)
  const key = Buffer.from(publicKey.export({ format: 'jwk' }).x as string, 'base64url')
  return { key, bytes, signature: sign(null, bytes, privateKey) }
}

function byNode({ key, bytes, signature }: ReturnType<typeof signed>): boolean {
  const publicKey = createPublicKey({
    format: 'jwk',
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key).toString('base64url') },
  })
  return verify(null, bytes, publicKey, signature)
}

/** A check that is alone is done here and now, others by threads. */
function checkAlone(claim: Parameters<typeof verifySignature>[0]): Promise<boolean> {
  return new Promise((resolve, reject) => new SignatureChecks(64).verify(claim, resolve, reject))
}

const ways = [
  { way: 'threads', check: verifySignature },
  { way: 'here and now', check: checkAlone },
] as const

describe.each(ways)('the one rule for signatures, checked by $way', ({ check }) => {
  test('accepts what node:crypto signs', async () => {
    for (let index = 0; index < 50; index++) expect(await check(signed(`change ${index}`))).toBe(true)
  })

  test('refuses one flipped bit wherever it is, as node:crypto does', async () => {
    const claim = signed('a change')
    for (let bit = 0; bit < 512; bit += 7) {
      const signature = Uint8Array.from(claim.signature)
      signature[bit >> 3] = (signature[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(byNode({ ...claim, signature })).toBe(false)
      expect(await check({ ...claim, signature })).toBe(false)
    }
  })

  test.each(signatureVectors)('decides on $what', async ({ message, key, signature, isValid }) => {
    expect(await check({ key: hex(key), bytes: hex(message), signature: hex(signature) })).toBe(isValid)
  })

  test('refuses S + L, a second signature for the same change', async () => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n
    const claim = signed('a change')
    const signature = Uint8Array.from(claim.signature)
    let scalar = 0n
    for (let index = 63; index >= 32; index--) scalar = scalar * 256n + BigInt(signature[index] as number)
    scalar += order
    for (let index = 32; index < 64; index++, scalar /= 256n) signature[index] = Number(scalar % 256n)
    expect(await check({ ...claim, signature })).toBe(false)
    expect(byNode({ ...claim, signature })).toBe(false)
  })

  test('refuses points with a second encoding (y ≥ p) and of the wrong length', async () => {
    const claim = signed('a change')
    const second = new Uint8Array(32).fill(0xff)
    second[0] = 0xee
    expect(await check({ ...claim, key: second })).toBe(false)
    expect(await check({ ...claim, key: claim.key.subarray(1) })).toBe(false)
    expect(await check({ ...claim, signature: claim.signature.subarray(1) })).toBe(false)
  })
})

test('no check is answered before it was asked for, the first of many included', async () => {
  const checks = new SignatureChecks(4)
  const answers: boolean[] = []
  const all = Promise.all(
    Array.from({ length: 20 }, (_, index) => {
      const claim = signed(`change ${index}`)
      const wrong = { ...claim, bytes: Buffer.from('another change') }
      return new Promise<void>((resolve, reject) => {
        const answer = (valid: boolean): void => {
          answers[index] = valid
          resolve()
        }
        checks.verify(index % 2 === 0 ? claim : wrong, answer, reject)
      })
    }),
  )
  expect(answers).toEqual([])
  await all
  expect(answers).toEqual(Array.from({ length: 20 }, (_, index) => index % 2 === 0))
})
