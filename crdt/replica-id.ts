declare const brand: unique symbol

/** Names one writer of a document: 1–64 printable ASCII characters (0x21–0x7e), compared bytewise. */
export type ReplicaId = string & { readonly [brand]: 'ReplicaId' }

const form = /^[\x21-\x7e]{1,64}$/

/** The one thing of the platform, besides text coding, that this folder uses: chance for a name nobody else has. */
declare const crypto: { getRandomValues(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> }

export function isReplicaId(text: string): text is ReplicaId {
  return form.test(text)
}

/** @throws RangeError when the text is no ReplicaId */
export function replicaId(text: string): ReplicaId {
  if (!isReplicaId(text)) {
    throw new RangeError(
      `Cannot use ${JSON.stringify(text)} as a replica id: 1 to 64 printable ASCII characters wanted`,
    )
  }
  return text
}

/** @returns a new id of 22 characters with 110 bits of chance */
export function chooseReplicaId(): ReplicaId {
  const alphabet = '0123456789abcdefghijklmnopqrstuv'
  let text = ''
  for (const byte of crypto.getRandomValues(new Uint8Array(22))) text += alphabet[byte % 32]
  return text as ReplicaId
}

/** Both are ASCII, so that the order of code units is the order of bytes. */
export function compareReplicaIds(left: ReplicaId, right: ReplicaId): number {
  return left < right ? -1 : left > right ? 1 : 0
}
