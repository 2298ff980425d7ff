/* oxlint-disable no-restricted-imports -- how signatures are checked is below the public peer */
import { verifySignature } from '../../../node/libp2p/signatures.ts'
import { offer } from '../remote.ts'

const page = {
  verify: (key: Uint8Array, bytes: Uint8Array, signature: Uint8Array): Promise<boolean> =>
    verifySignature({ key, bytes, signature }),
}

export type SignaturesPage = typeof page
offer(page)
