import { integer, type Random } from '../protocol/index.ts'
import { nonceBytes } from './sum.ts'

/** What the fingerprints of a session depend on, in hexadecimal digits. @param random nobody else may foresee it */
export function drawNonce(random: Random): string {
  let nonce = ''
  while (nonce.length < 2 * nonceBytes) nonce += integer(random, 0x1_0000).toString(16).padStart(4, '0')
  return nonce
}
