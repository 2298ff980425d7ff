import { expect, test } from 'vitest'
import { ageInWords, bytesInWords } from '../../../cli/quantities.ts'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.00 kB'],
  [9994, '9.99 kB'],
  [9995, '10.0 kB'],
  [99_949, '99.9 kB'],
  [99_950, '100 kB'],
  [999_499, '999 kB'],
  [999_500, '1.00 MB'],
  [1_234_567_890, '1.23 GB'],
  [5e15, '5000 TB'],
])('%d bytes are %s: three digits, and no fourth by rounding', (bytes, words) => {
  expect(bytesInWords(bytes)).toBe(words)
})

test.each([
  [0, '0s'],
  [59, '59s'],
  [60, '1m'],
  [3599, '59m'],
  [3600, '1h'],
  [172_799, '47h'],
  [172_800, '2d'],
])('%d seconds ago is %s', (seconds, words) => {
  expect(ageInWords(seconds)).toBe(words)
})
