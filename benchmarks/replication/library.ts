/** A library that keeps a document equal in two processes. Each process loads it anew, and is one of the two. */
export interface Library {
  /** Starts the one that writes, as a user would. @param directory for what it keeps, empty */
  write(directory: string): Promise<Writer>
  /**
   * Starts the other one. Resolves when it is connected and has opened the document.
   *
   * @param address what the writer's address is
   * @param seen called for every operation as soon as the library tells its user of it
   */
  replicate(directory: string, address: string, seen: (operation: number) => void): Promise<void>
}

export interface Writer {
  /** All that the replica needs to know. */
  readonly address: string
  /** Resolves when this side, too, knows that the replica is there, where the library tells. */
  joined(): Promise<void>
  /** One transaction: sets one key of a map, or adds one document. @returns when the next may follow, where that has to be waited for */
  put(operation: number): Promise<void> | undefined
}

/** Of the document and whatever else needs one, in every library. */
export const documentName = 'bench'
export const mapName = 'operations'
