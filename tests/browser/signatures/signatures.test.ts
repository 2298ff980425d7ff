import { generateKeyPairSync, sign } from 'node:crypto'
import { fromString } from 'uint8arrays'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { signatureVectors } from '../../live/host/signature-vectors.ts'
import { TestBrowser, noBrowser } from '../browser.ts'
import { remote, type Remote } from '../remote.ts'
import type { SignaturesPage } from './signatures-page.ts'

// The same vectors are decided on in Node: a change that is valid on some replicas only would split them for good.
describe.skipIf(noBrowser())('the one rule for signatures, in Chromium', () => {
  let browser: TestBrowser
  let page: Remote<SignaturesPage>

  beforeAll(async () => {
    browser = await TestBrowser.start({ signatures: new URL('signatures-page.ts', import.meta.url) })
    page = remote<SignaturesPage>(await browser.open(await browser.context(), 'signatures'))
  })
  afterAll(() => browser.stop())
  afterEach(() => expect(browser.takeErrors()).toEqual([]))

  test('accepts what node:crypto signs, and nothing that was changed', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const key = fromString(publicKey.export({ format: 'jwk' }).x as string, 'base64url')
    const bytes = fromString('a change')
    const signature = Uint8Array.from(sign(null, bytes, privateKey))
    expect(await page.verify(key, bytes, signature)).toBe(true)
    expect(await page.verify(key, fromString('another'), signature)).toBe(false)
  })

  test.each(signatureVectors)('decides on $what', async ({ message, key, signature, isValid }) => {
    const [publicKey, bytes, signed] = [key, message, signature].map((digits) => fromString(digits, 'base16'))
    expect(await page.verify(publicKey!, bytes!, signed!)).toBe(isValid)
  })
})
