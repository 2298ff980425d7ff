import { expect, test } from 'vitest'
import { Listeners } from '../../../node/protocol/index.ts'

test('a listener that throws silences nobody else, and whoever tells hears of it', () => {
  const listeners = new Listeners<string>()
  const heard: string[] = []
  listeners.subscribe(() => {
    throw new Error('a mistake of the listener')
  })
  listeners.subscribe((event) => heard.push(event))
  expect(() => listeners.tell('news')).toThrow('a mistake of the listener')
  expect(heard).toEqual(['news'])
})

test('a listener hears nothing any more once its signal is aborted', () => {
  const listeners = new Listeners<string>()
  const heard: string[] = []
  const listening = new AbortController()
  listeners.subscribe((event) => heard.push(event), { signal: listening.signal })
  listeners.tell('first')
  listening.abort()
  listeners.tell('second')
  listeners.subscribe((event) => heard.push(event), { signal: listening.signal })
  listeners.tell('third')
  expect(heard).toEqual(['first'])
  expect(listeners.size).toBe(0)
})
