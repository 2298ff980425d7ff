import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { verifySignature } from '../../../node/libp2p/index.ts'
import { SignatureChecks } from '../../../node/libp2p/signatures.ts'

/** "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko 2020), table 5: message, key and signature, and what is special. */
const vectors = [
  [
    'key and R of small order, S = 0',
    '8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a0000000000000000000000000000000000000000000000000000000000000000',
  ],
  [
    'key of small order',
    '9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    'f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04',
  ],
] as const

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

  test.each(vectors)('refuses %s, which some platforms accept', async (_, bytes, key, signature) => {
    expect(await check({ key: hex(key), bytes: hex(bytes), signature: hex(signature) })).toBe(false)
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
