import { Place } from '../scenario/place.ts'
import {
  either,
  record,
  refuse,
  required,
  tagged,
  text,
  wholeNumber,
  type Fields,
  type Shape,
} from '../scenario/shape.ts'

interface Timed {
  /** Virtual milliseconds, never less than in the line before. */
  readonly t: number
}

/** One line of a time-line file; docs/formats/timeline.md says what each key means. */
export type TimelineLine =
  | (Timed & { readonly k: 'timeline'; readonly version: 1; readonly name: string; readonly seed: number | string })
  | (Timed & { readonly k: 'peer'; readonly p: number; readonly name: string })
  | (Timed & { readonly k: 'protocol'; readonly o: number; readonly name: string })
  | (Timed & { readonly k: 'started' | 'crashed' | 'stopped' | 'suspended' | 'resumed'; readonly p: number })
  | (Timed & {
      readonly k: 'event'
      readonly p: number
      readonly o: number
      readonly e: { readonly type: string; readonly [field: string]: unknown }
    })
  | (Timed & {
      readonly k: 'sent' | 'delivered' | 'lost'
      readonly f: number
      readonly p: number
      readonly o: number
      readonly m: string
    })
  | (Timed & { readonly k: 'network'; readonly text: string })
  | (Timed & { readonly k: 'end'; readonly happenings: number; readonly omitted: number; readonly traceHash: string })

/** A run as it was recorded. */
export interface Timeline {
  readonly name: string
  readonly seed: number | string
  /** Names by number. */
  readonly peers: readonly string[]
  /** Names by number. */
  readonly protocols: readonly string[]
  /** All but the first line and the last, in order. */
  readonly lines: readonly TimelineLine[]
  /** Virtual time of the end. */
  readonly end: number
  /** Happenings that the limit left out. */
  readonly omitted: number
  readonly traceHash: string
}

/** A time-line file cannot be read: it is damaged, cut off, or of another version. */
export class TimelineError extends Error {
  override readonly name: 'TimelineError' = 'TimelineError'
  /** From 1. */
  readonly line: number

  constructor(line: number, reason: string) {
    super(`Cannot read the time-line: line ${line}: ${reason}`)
    this.line = line
  }
}

/** Most characters of one line. */
const lineLimit = 16_384

/**
 * Reads a time-line file.
 *
 * @throws TimelineError with the number of the first line that is wrong, and what is wrong there
 */
export function parseTimeline(text: string): Timeline {
  const rows = text.split('\n')
  if (rows.at(-1) === '') rows.pop()
  const reader = new LineReader()
  for (const row of rows) reader.read(row)
  return reader.finish()
}

/** What the lines so far allow of the next. */
class LineReader {
  readonly #peers: string[] = []
  readonly #protocols: string[] = []
  readonly #lines: TimelineLine[] = []
  #head: Extract<TimelineLine, { k: 'timeline' }> | undefined
  #end: Extract<TimelineLine, { k: 'end' }> | undefined
  #time = 0
  #happenings = 0
  #number = 0

  read(row: string): void {
    this.#number++
    const line = this.#shaped(row)
    if (this.#end !== undefined) throw this.#error('found a line after the end')
    if ((this.#head === undefined) !== (line.k === 'timeline'))
      throw this.#error('the first line, and it alone, is the head')
    if (line.t < this.#time)
      throw this.#error(`t: found ${line.t}, allowed is at least ${this.#time}: time does not run back`)
    this.#time = line.t
    if (line.k === 'timeline') this.#head = line
    else if (line.k === 'end') this.#finishAt(line)
    else this.#take(line)
  }

  finish(): Timeline {
    const [head, end] = [this.#head, this.#end]
    this.#number++
    if (head === undefined || end === undefined)
      throw this.#error('found nothing, the end is missing: the file is cut off')
    const { name, seed } = head
    const { t, omitted, traceHash } = end
    return {
      name,
      seed,
      peers: this.#peers,
      protocols: this.#protocols,
      lines: this.#lines,
      end: t,
      omitted,
      traceHash,
    }
  }

  #take(line: Exclude<TimelineLine, { k: 'timeline' | 'end' }>): void {
    this.#lines.push(line)
    if (line.k === 'peer') return this.#introduce(this.#peers, 'p', line.p, line.name)
    if (line.k === 'protocol') return this.#introduce(this.#protocols, 'o', line.o, line.name)
    this.#happenings++
    if ('p' in line) this.#known(this.#peers, 'p', line.p)
    if ('f' in line) this.#known(this.#peers, 'f', line.f)
    if ('o' in line) this.#known(this.#protocols, 'o', line.o)
  }

  #finishAt(line: Extract<TimelineLine, { k: 'end' }>): void {
    this.#end = line
    if (line.happenings === this.#happenings) return
    throw this.#error(`happenings: found ${line.happenings}, and ${this.#happenings} above: lines are missing`)
  }

  #introduce(names: string[], key: string, number: number, name: string): void {
    if (number !== names.length)
      throw this.#error(`${key}: found ${number}, allowed is the next number, ${names.length}`)
    names.push(name)
  }

  #known(names: readonly string[], key: string, number: number): void {
    if (number >= names.length) throw this.#error(`${key}: found ${number}, which no line above introduces`)
  }

  #shaped(row: string): TimelineLine {
    if (row.length > lineLimit) throw this.#error(`found ${row.length} characters, allowed are at most ${lineLimit}`)
    let value: unknown
    try {
      value = JSON.parse(row)
    } catch (error) {
      throw this.#error(`found no JSON: ${(error as Error).message}`)
    }
    const place = new Place()
    const line = lineShape.read(value, place)
    const [problem] = place.problems
    if (line !== undefined && problem === undefined) return line
    throw this.#error(
      problem === undefined || problem.path === '' ? (problem?.message ?? '') : `${problem.path}: ${problem.message}`,
    )
  }

  #error(reason: string): TimelineError {
    return new TimelineError(this.#number, reason)
  }
}

type Kind = TimelineLine['k']
/** The keys of a line of that kind, but for `k`. */
type Content<Name extends Kind, Line = TimelineLine> = Line extends { readonly k: infer Kinds }
  ? Name extends Kinds
    ? Omit<Line, 'k'>
    : never
  : never

const whole = wholeNumber({ least: 0, most: Number.MAX_SAFE_INTEGER })
const line = text('text of up to 2,000 characters', '^[^]{0,2000}$')
const version: Shape<1> = {
  wish: 'version 1',
  schema: { const: 1 },
  read: (value, place) => (value === 1 ? 1 : refuse(place, value, 'version 1')),
}
const event: Shape<Content<'event'>['e']> = {
  wish: 'an object with a "type"',
  schema: { type: 'object', required: ['type'], properties: { type: { type: 'string' } } },
  read(value, place) {
    const { type } = (value ?? {}) as { readonly type?: unknown }
    return typeof type === 'string' ? (value as { type: string }) : refuse(place, value, 'an object with a "type"')
  },
}

const t = required(whole, 'Virtual milliseconds.')
const p = required(whole, 'The peer; of a message, the receiver.')
const o = required(whole, 'The protocol.')
const name = required(line, 'A name.')
const ofPeer = record<Content<'started'>>('a happening of a peer', { t, p })
const messageFields: Fields<Content<'sent'>> = {
  t,
  f: required(whole, 'The sender.'),
  p,
  o,
  m: required(line, 'Type of the message.'),
}
const ofMessage = record<Content<'sent'>>('a happening of a message', messageFields)

const shapes: { readonly [Name in Kind]: Shape<Content<Name>> } = {
  timeline: record<Content<'timeline'>>('the head', {
    t,
    version: required(version, 'Of the format.'),
    name,
    seed: required(either<number | string>({ number: whole, string: line }), 'Of the run.'),
  }),
  peer: record<Content<'peer'>>('a peer', { t, p, name }),
  protocol: record<Content<'protocol'>>('a protocol', { t, o, name }),
  started: ofPeer,
  crashed: ofPeer,
  stopped: ofPeer,
  suspended: ofPeer,
  resumed: ofPeer,
  event: record<Content<'event'>>('an event', { t, p, o, e: required(event, 'What was emitted.') }),
  sent: ofMessage,
  delivered: ofMessage,
  lost: ofMessage,
  network: record<Content<'network'>>('a change of the wires', { t, text: required(line, 'In words.') }),
  end: record<Content<'end'>>('the end', {
    t,
    happenings: required(whole, 'Lines above that are neither heads nor names.'),
    omitted: required(whole, 'Happenings left out.'),
    traceHash: required(text('16 hexadecimal digits', '^[0-9a-f]{16}$'), 'Of the run.'),
  }),
}

const lineShape: Shape<TimelineLine> = tagged<TimelineLine>(
  'k',
  'an object with the keys "t" and "k"',
  shapes as unknown as Readonly<Record<Kind, Shape<TimelineLine>>>,
)
