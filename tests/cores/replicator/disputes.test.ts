import { beforeEach, expect, test } from 'vitest'
import { bob, Chain, operations, Stage } from './stage.ts'

let stage: Stage

/** Two histories of one author are known, and an own change is on its way to the disk. */
beforeEach(() => {
  stage = new Stage()
  stage.arrive(new Chain(stage.document, bob).next())
  stage.arrive(new Chain(stage.document, bob).next({ operations: operations(2) }))
  stage.core.commit(stage.document, stage.change(0))
})

test('a decision waits for own changes to be written, and comes with the last of them', () => {
  stage.recorder.advance(1000)
  expect(stage.versionOf(bob)).toBe(1)
  expect(stage.core.isBeingRewritten(stage.document)).toBe(false)
  stage.settle()
  expect(stage.versionOf(bob)).toBe(0)
})

test('after five seconds nothing more is to be written before it', () => {
  stage.recorder.advance(5000)
  expect(stage.core.isBeingRewritten(stage.document)).toBe(false)
  stage.recorder.advance(500)
  expect(stage.core.isBeingRewritten(stage.document)).toBe(true)
  expect(stage.versionOf(bob)).toBe(1)
  const effects = stage.settle()
  const events = effects.flatMap((effect) => (effect.type === 'emit' ? [effect.event.type] : []))
  expect(events).toContain('rewritten')
  expect(stage.core.isBeingRewritten(stage.document)).toBe(false)
  expect(stage.versionOf(bob)).toBe(0)
})
