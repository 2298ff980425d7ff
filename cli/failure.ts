/**
 * Every way in which a command fails that its user or a script may want to tell from others, with its exit code. The
 * names are part of the interface: they stand in `error.code` of `--json`.
 */
const exitCodes = {
  'failure': 1,
  'port-in-use': 1,
  'not-text': 1,
  'too-large': 1,
  'document-file': 1,
  'store': 1,
  'check-failed': 1,
  'usage': 2,
  'document-name': 2,
  'scenario': 2,
  'no-peer': 3,
  'not-found': 4,
  'time-out': 5,
  'refused': 6,
  'directory-in-use': 6,
  'not-converged': 7,
  'interrupted': 130,
} as const

export type FailureCode = keyof typeof exitCodes

export interface FailureOptions extends ErrorOptions {
  /** What to do about it. */
  readonly hint?: string
}

/** A command did not do what it was asked for; the message says what and why. */
export class Failure extends Error {
  override readonly name: 'Failure' = 'Failure'
  readonly code: FailureCode
  readonly hint: string | undefined

  constructor(code: FailureCode, message: string, options: FailureOptions = {}) {
    super(message, options)
    this.code = code
    this.hint = options.hint
  }

  get exitCode(): number {
    return exitCodes[this.code]
  }
}

export function isFailureCode(code: unknown): code is FailureCode {
  return typeof code === 'string' && Object.hasOwn(exitCodes, code)
}

/** Errors of the layers below, in the terms of the command line. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (!(error instanceof Error)) return new Failure('failure', String(error))
  switch (error.name) {
    case 'DocumentNameError':
      return new Failure('document-name', error.message, { cause: error })
    case 'DocumentFileError':
      return new Failure('document-file', error.message, { cause: error })
    case 'StoreInUseError':
      return new Failure('directory-in-use', `Cannot use the directory: ${error.message}`, {
        cause: error,
        hint: 'Choose another --profile or --directory, or end the other peer with: peerloom down',
      })
    case 'TransactionTooLargeError':
    case 'ValueTooLargeError':
    case 'MessageTooLargeError':
      return new Failure('too-large', error.message, { cause: error })
    case 'StaleRecordError':
      return new Failure('refused', error.message, {
        cause: error,
        hint: 'A greater number is taken, and without --sequence it is the next one',
      })
    case 'LookupFailedError':
    case 'QuorumFailedError':
      return new Failure('failure', error.message, { cause: error, hint: 'See who is there: peerloom overlay show' })
    case 'InvalidTopicError':
      return new Failure('usage', error.message, { cause: error })
    case 'StoreDamagedError':
    case 'StoreFailedError':
    case 'StoreFullError':
      return new Failure('store', error.message, { cause: error })
    case 'TimeoutError':
      return new Failure('time-out', 'The time allowed by --timeout is over', { cause: error })
    default:
      return new Failure('failure', error.message, { cause: error })
  }
}
