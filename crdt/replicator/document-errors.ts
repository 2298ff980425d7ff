// Why an open document cannot be edited or used.

/** Changes of others were merged into an open document, which takes them from its peer alone: there they are signed. */
export class UnsignedChangesError extends Error {
  override readonly name: 'UnsignedChangesError' = 'UnsignedChangesError'

  constructor() {
    super(
      'Cannot replicate the document any more: changes were merged into it that its peer has not received. ' +
        'Merge into a document of its own, and make here the changes that follow from it',
    )
  }
}

/**
 * It was proven that an author wrote two histories of the document, and what is believed of them is not what this object
 * shows. The document is to be opened again; nothing of what others wrote is lost.
 */
export class DocumentRewrittenError extends Error {
  override readonly name: 'DocumentRewrittenError' = 'DocumentRewrittenError'

  constructor() {
    super(
      'Cannot edit the document any more: an author wrote two histories of it, so that it was put together anew. Open it again',
    )
  }
}

/** This peer's own author key wrote two histories of the document: nobody would believe what it writes now. */
export class AuthorQuarantinedError extends Error {
  override readonly name: 'AuthorQuarantinedError' = 'AuthorQuarantinedError'

  constructor() {
    super(
      'Cannot edit the document: two histories of it were signed with the key of this author. ' +
        'The key may be in use elsewhere, or its directory was copied while it was; others believe only what they built on',
    )
  }
}

/** A document was edited, or asked for all that it holds, before its change sets had been read from the store. */
export class DocumentAsleepError extends Error {
  override readonly name: 'DocumentAsleepError' = 'DocumentAsleepError'

  constructor() {
    super('Cannot use the document yet: it is being read. Open it again when the event `loaded` was told')
  }
}

/**
 * Changes that this peer wrote are not in its store any more: what it writes now would have the same numbers. The document
 * can be opened again, and edited once others have given them back.
 */
export class OwnChangesMissingError extends Error {
  override readonly name: 'OwnChangesMissingError' = 'OwnChangesMissingError'

  constructor() {
    super(
      'Cannot edit the document: the store of this peer was damaged, and has lost changes that the peer wrote. ' +
        'Open it again when others have given them back, or start the peer again: it then writes under another name',
    )
  }
}
