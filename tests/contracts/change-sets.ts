import { assert, type DocumentId, type StoredChangeSet } from '../../node/protocol/index.ts'

export function document(number: number): DocumentId {
  return number.toString(16).padStart(64, '0') as DocumentId
}

export function change(number: number, replica: string, sequence: number, fragment = 0): StoredChangeSet {
  return { document: document(number), replica, sequence, fragment, bytes: bytesOf(number + sequence + fragment) }
}

export function bytesOf(seed: number, length = 40): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (seed * 31 + index * 7 + 1) % 256)
}

export function expectSets(actual: readonly StoredChangeSet[], expected: readonly StoredChangeSet[]): void {
  const plain = (set: StoredChangeSet): unknown => [
    set.document,
    set.replica,
    set.sequence,
    set.fragment,
    Array.from(set.bytes),
  ]
  expectEqual(actual.map(plain), expected.map(plain))
}

export function expectBytes(actual: Uint8Array | undefined, expected: Uint8Array): void {
  expectEqual(actual && Array.from(actual), Array.from(expected))
}

export function expectEqual(actual: unknown, expected: unknown): void {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)]
  assert(one === other, `expected ${excerpt(other)} and not ${excerpt(one)}`)
}

function excerpt(text: string | undefined): string {
  return text !== undefined && text.length > 400 ? `${text.slice(0, 400)}…` : String(text)
}

export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
    return undefined
  } catch (error) {
    return error
  }
}
