/**
 * What a document keeps. All of these belong to the format: whether a change is valid depends on them, and every replica
 * has to judge alike. They are no options for that reason.
 */
export const limits: {
  /** Encoded operations of one change: 16 MiB of content and 8 KiB for what stands around it. */
  readonly changeBytes: number
  /** Operations of one change. */
  readonly changeOperations: number
  /** One plain value, encoded: 1 MiB. */
  readonly valueBytes: number
  /** Arrays and objects inside each other. */
  readonly valueDepth: number
  /** UTF-8 of a map key or the name of a root container. */
  readonly nameBytes: number
} = Object.freeze({
  changeBytes: 16 * 1024 * 1024 + 8192,
  changeOperations: 64 * 1024 * 1024,
  valueBytes: 1024 * 1024,
  valueDepth: 100,
  nameBytes: 4096,
})

/** How much may wait for what it depends on. Beyond it the replica with most waiting loses its latest changes. */
export interface DocumentLimits {
  /** @default 10000 */
  readonly waitingChanges?: number
  /** Bytes of operations. @default 33554432 (32 MiB) */
  readonly waitingBytes?: number
}

export interface ResolvedDocumentLimits {
  readonly waitingChanges: number
  readonly waitingBytes: number
}

/** @throws RangeError when a limit is no positive integer */
export function resolveDocumentLimits(given: DocumentLimits = {}): ResolvedDocumentLimits {
  const resolved = { waitingChanges: 10_000, waitingBytes: 32 * 1024 * 1024, ...given }
  for (const [name, value] of Object.entries(resolved)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`Cannot limit ${name} to ${value}: a positive integer is wanted`)
    }
  }
  return resolved
}
