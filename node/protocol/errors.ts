/** What came from outside is not of the shape or size that its codec allows. Hosts count it and go on. */
export class MalformedMessageError extends Error {
  override readonly name: 'MalformedMessageError' = 'MalformedMessageError'
}

/** A mistake of the program itself, never of its input. */
export class AssertionError extends Error {
  override readonly name: 'AssertionError' = 'AssertionError'
}

/** @throws AssertionError when the condition does not hold: the program, not its input, is wrong */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}
