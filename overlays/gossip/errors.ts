/** What is to be published is larger than any peer would accept. */
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

/** The topic is empty or longer than any peer would accept. */
export class InvalidTopicError extends RangeError {
  override readonly name: 'InvalidTopicError' = 'InvalidTopicError'
  readonly topic: string

  constructor(topic: string, limitBytes: number) {
    super(`Cannot use a topic of ${topic.length} characters: it must have from 1 to ${limitBytes} bytes of UTF-8`)
    this.topic = topic
  }
}
