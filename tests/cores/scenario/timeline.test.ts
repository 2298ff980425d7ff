import { describe, expect, test } from 'vitest'
import { createRandom, integer } from '../../../node/protocol/index.ts'
import {
  ScenarioRun,
  TimelineError,
  TimelineRecording,
  Transcript,
  parseTimeline,
  readScenario,
  type RecordingOptions,
  type TranscriptOptions,
} from '../../../node/simulation/index.ts'
import { toy } from './toy.ts'

function start(scenario: object = {}): ScenarioRun {
  const given = { name: 'story', peers: 3, overlay: 'toy', network: { latency: 5 }, duration: '4s', ...scenario }
  return new ScenarioRun(readScenario(given, { toy }), { overlays: { toy } })
}

const crash = {
  faults: [
    { at: '1500ms', fault: 'crash', peers: 'p2', for: '1s' },
    { at: '3500ms', fault: 'heal' },
  ],
}

function transcript(options: TranscriptOptions, scenario: object = crash): string[] {
  const run = start(scenario)
  const lines: string[] = []
  const story = new Transcript(run.simulation, (line) => lines.push(line), options)
  while (!run.isOver) run.step()
  story.end(run.simulation.now)
  if (options.signal === undefined) expect(lines.shift()).toMatch(/^ {4}0\.000 {2}[23] peers run$/)
  return lines
}

function recording(
  options: Partial<RecordingOptions> = {},
  scenario: object = crash,
): { text: string; run: ScenarioRun } {
  const run = start(scenario)
  let text = ''
  const recorded = new TimelineRecording(run.simulation, (line) => (text += `${line}\n`), { name: 'story', ...options })
  while (!run.isOver) run.step()
  recorded.end()
  return { text, run }
}

describe('a transcript', () => {
  test('tells a run as a story, a line a happening', () => {
    expect(transcript({}).join('\n')).toBe(
      [
        '    1.005  p0 beat: beat from=p1',
        '    1.005  p0 beat: beat from=p2',
        '    1.500  p2 crashed',
        '    2.005  p0 beat: beat from=p1',
        '    2.500  p2 started',
        '    3.005  p0 beat: beat from=p1',
        '    3.500  network: healed',
        '    3.505  p1 beat: beat from=p2',
      ].join('\n'),
    )
  })

  test('tells of messages where that is asked for, sent, delivered and lost', () => {
    const lines = transcript(
      { messages: true },
      { ...crash, peers: 2, duration: '2s', faults: [{ at: '1500ms', fault: 'wires', wires: { loss: 1 } }] },
    )
    expect(lines).toEqual([
      '    1.000  p1 → p0 beat: beat',
      '    1.005  p0 ← p1 beat: beat',
      '    1.005  p0 beat: beat from=p1',
      '    2.000  p1 → p0 beat: beat',
      '    2.000  p1 ✗ p0 beat: beat is lost',
    ])
  })

  test('is bounded, and says how much it left out', () => {
    expect(transcript({ limit: 2 })).toEqual([
      '    1.005  p0 beat: beat from=p1',
      '    1.005  p0 beat: beat from=p2',
      '    4.000  … and 6 more',
    ])
  })

  test('can be of some peers, some kinds and some types of events alone', () => {
    expect(transcript({ peers: ['p2'] })).toEqual([
      '    1.500  p2 crashed',
      '    2.500  p2 started',
      '    3.500  network: healed',
    ])
    expect(transcript({ kinds: ['started'] })).toEqual(['    2.500  p2 started'])
    expect(transcript({ kinds: ['event'], types: ['none'] })).toEqual([])
  })

  test('tells events in the words that it is given for them', () => {
    const describe = (_: string, event: unknown): string =>
      `hears ${(event as { readonly from: string }).from}\u001b[2J\nlives`
    expect(transcript({ describe, limit: 1 })[0]).toBe('    1.005  p0 hears p1 [2J lives')
  })

  test('ends with its signal', () => {
    expect(transcript({ signal: AbortSignal.abort() })).toEqual([])
  })
})

describe('a time-line file', () => {
  test('changes nothing of the run that it records', () => {
    const run = start(crash)
    while (!run.isOver) run.step()
    expect(recording({ messages: true }).run.simulation.traceHash).toBe(run.simulation.traceHash)
  })

  test('is NDJSON that introduces peers and protocols by number', () => {
    const { text, run } = recording()
    expect(text).toBe(
      [
        '{"t":0,"k":"timeline","version":1,"name":"story","seed":1}',
        '{"t":0,"k":"peer","p":0,"name":"p0"}',
        '{"t":0,"k":"started","p":0}',
        '{"t":0,"k":"peer","p":1,"name":"p1"}',
        '{"t":0,"k":"started","p":1}',
        '{"t":0,"k":"peer","p":2,"name":"p2"}',
        '{"t":0,"k":"started","p":2}',
        '{"t":1005,"k":"protocol","o":0,"name":"/test/beat/1.0.0"}',
        '{"t":1005,"k":"event","p":0,"o":0,"e":{"type":"beat","from":"p1"}}',
        '{"t":1005,"k":"event","p":0,"o":0,"e":{"type":"beat","from":"p2"}}',
        '{"t":1500,"k":"crashed","p":2}',
        '{"t":2005,"k":"event","p":0,"o":0,"e":{"type":"beat","from":"p1"}}',
        '{"t":2500,"k":"started","p":2}',
        '{"t":3005,"k":"event","p":0,"o":0,"e":{"type":"beat","from":"p1"}}',
        '{"t":3500,"k":"network","text":"healed"}',
        '{"t":3505,"k":"event","p":1,"o":0,"e":{"type":"beat","from":"p2"}}',
        `{"t":4000,"k":"end","happenings":11,"omitted":0,"traceHash":"${run.simulation.traceHash}"}`,
        '',
      ].join('\n'),
    )
  })

  test('is read back, and the same run gives the same file', () => {
    const { text, run } = recording({ messages: true })
    expect(recording({ messages: true }).text).toBe(text)
    const timeline = parseTimeline(text)
    expect(timeline).toMatchObject({
      name: 'story',
      seed: 1,
      peers: ['p0', 'p1', 'p2'],
      protocols: ['/test/beat/1.0.0'],
      end: 4000,
      omitted: 0,
      traceHash: run.simulation.traceHash,
    })
    expect(timeline.lines.filter(({ k }) => k === 'sent')).toHaveLength(6)
    expect(timeline.lines.find(({ k }) => k === 'delivered')).toEqual({
      t: 1005,
      k: 'delivered',
      f: 1,
      p: 0,
      o: 0,
      m: 'beat',
    })
  })

  test('is bounded, and says how much it left out', () => {
    const { text } = recording({ limit: 5 })
    expect(parseTimeline(text)).toMatchObject({ omitted: 6 })
  })

  test('introduces peers that come later', () => {
    const { text } = recording({}, { churn: { arrivalsPerMinute: 120 } })
    expect(parseTimeline(text).peers).toContain('late0')
  })
})

describe('a damaged time-line is an error with the number of its line', () => {
  const { text } = recording({ messages: true })
  const good = text.trimEnd().split('\n')

  function error(lines: readonly string[]): string {
    try {
      parseTimeline(lines.join('\n'))
    } catch (thrown) {
      if (thrown instanceof TimelineError) return thrown.message.replace('Cannot read the time-line: ', '')
      throw thrown
    }
    return 'none'
  }

  const head = '{"t":0,"k":"timeline","version":1,"name":"x","seed":1}'
  const end = '{"t":9,"k":"end","happenings":0,"omitted":0,"traceHash":"0123456789abcdef"}'
  const cases: Record<string, [readonly string[], string]> = {
    'nothing': [[], 'line 1: found nothing, the end is missing: the file is cut off'],
    'no head': [[end], 'line 1: the first line, and it alone, is the head'],
    'two heads': [[head, head], 'line 2: the first line, and it alone, is the head'],
    'no end': [good.slice(0, -1), `line ${good.length}: found nothing, the end is missing: the file is cut off`],
    'a line after the end': [[...good, good[3]!], `line ${good.length + 1}: found a line after the end`],
    'a missing line': [good.toSpliced(good.length - 2, 1), `line ${good.length - 1}: happenings: found`],
    'another version': [[head.replace('1,', '2,'), end], 'line 1: version: found 2, allowed is version 1'],
    'no JSON': [[head, '{"t":', end], 'line 2: found no JSON'],
    'no object': [[head, '7', end], 'line 2: found 7, allowed is an object with the keys "t" and "k"'],
    'an unknown kind': [[head, '{"t":1,"k":"boom"}', end], 'line 2: k: found "boom", allowed is "timeline", "peer"'],
    'an unknown key': [[head, '{"t":1,"k":"network","text":"x","y":1}', end], 'line 2: y: unknown key'],
    'time that runs back': [
      [head, '{"t":5,"k":"network","text":"x"}', '{"t":4,"k":"network","text":"x"}'],
      'line 3: t: found 4, allowed is at least 5',
    ],
    'a peer that was not introduced': [
      [head, '{"t":1,"k":"crashed","p":0}', end],
      'line 2: p: found 0, which no line above introduces',
    ],
    'a number that is left out': [
      [head, '{"t":1,"k":"peer","p":1,"name":"x"}', end],
      'line 2: p: found 1, allowed is the next number, 0',
    ],
    'half a millisecond': [
      [head, '{"t":0.5,"k":"network","text":"x"}', end],
      'line 2: t: found 0.5, allowed is a whole number',
    ],
    'an event without type': [
      [head, '{"t":1,"k":"event","p":0,"o":0,"e":{}}', end],
      'line 2: e: found an empty object, allowed is an object with a "type"',
    ],
    'a line that is too long': [
      [head, `{"t":1,"k":"network","text":"${'x'.repeat(20_000)}"}`, end],
      'line 2: found 20031 characters, allowed are at most 16384',
    ],
    'an empty line': [[head, '', end], 'line 2: found no JSON'],
  }

  test.for(Object.entries(cases))('%s', ([, [lines, expected]]) => {
    expect(error(lines)).toContain(expected)
  })

  test('whatever character is changed, it is read or refused, and nothing else happens', () => {
    const random = createRandom('damaged time-lines')
    const text = good.join('\n')
    let refused = 0
    for (let round = 0; round < 2000; round++) {
      const at = integer(random, text.length)
      const character = String.fromCharCode(integer(random, 128))
      try {
        parseTimeline(text.slice(0, at) + character + text.slice(at + 1))
      } catch (thrown) {
        if (!(thrown instanceof TimelineError)) throw thrown
        expect(thrown.line).toBeGreaterThan(0)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(1000)
  })

  test('whatever line is lost or cut, it is noticed', () => {
    for (const [index, line] of good.entries()) {
      expect(error(good.toSpliced(index, 1)), `without line ${index + 1}`).not.toBe('none')
      expect(error(good.toSpliced(index, 1, line.slice(0, -1))), `line ${index + 1} cut`).toContain(
        `line ${index + 1}: found no JSON`,
      )
    }
  })
})
