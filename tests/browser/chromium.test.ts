import { expect, test } from 'vitest'
import { noBrowser } from './browser.ts'
import { findChromium } from './chromium.ts'

test('the browser that is named is used, and nothing else if it is not there', () => {
  expect(findChromium({ CHROMIUM: process.execPath })).toBe(process.execPath)
  expect(findChromium({ PLAYWRIGHT_CHROMIUM_PATH: process.execPath })).toBe(process.execPath)
  expect(() => findChromium({ CHROMIUM: '/nowhere/chromium' })).toThrow(/\/nowhere\/chromium is not a program/)
})

test('in CI a missing browser is a failure that says how to get one', () => {
  expect(() => noBrowser('', { CI: 'true' })).toThrow(/apt-get install -y chromium/)
  expect(noBrowser('', {})).toMatch(/no Chromium was found/)
  expect(noBrowser('/usr/bin/chromium', { CI: 'true' })).toBe(false)
})
