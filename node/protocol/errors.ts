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

/** What is to be broadcast is larger than any peer would accept. */
export class MessageTooLargeError extends RangeError {
  override readonly name: 'MessageTooLargeError' = 'MessageTooLargeError'
  readonly sizeBytes: number
  readonly limitBytes: number

  constructor(sizeBytes: number, limitBytes: number) {
    super(`Cannot publish a message of ${sizeBytes} bytes: at most ${limitBytes} are allowed`)
    this.sizeBytes = sizeBytes
    this.limitBytes = limitBytes
  }
}

/** The topic of a broadcast is empty or longer than any peer would accept. */
export class InvalidTopicError extends RangeError {
  override readonly name: 'InvalidTopicError' = 'InvalidTopicError'
  readonly topic: string

  constructor(topic: string, limitBytes: number) {
    super(`Cannot use a topic of ${topic.length} characters: it must have from 1 to ${limitBytes} bytes of UTF-8`)
    this.topic = topic
  }
}
