import type { Trace } from '../../tests/traces/trace.ts'
import { concurrent } from './cases/concurrent.ts'
import { counter } from './cases/counter.ts'
import { crossing } from './cases/crossing.ts'
import { editing } from './cases/editing.ts'
import { held } from './cases/held.ts'
import { load } from './cases/load.ts'
import { local } from './cases/local.ts'
import { crowd } from './cases/crowd.ts'
import { map } from './cases/map.ts'
import { set } from './cases/set.ts'
import { wire } from './cases/wire.ts'
import type { Library } from './library.ts'

/** What a case came to: times, sizes, whether something is so. */
export type Figures = Readonly<Record<string, number | boolean>>

interface Setting {
  readonly library: Library
  /** The trace in the name of the case, positions as the library counts them. */
  readonly trace: () => Trace
  /** Where the library's encoding of that trace is: `local` writes it, `load` and `held` read it. */
  readonly encodedFile: string
}

/** @returns undefined where the library cannot */
export type Case = (setting: Setting, variant: string) => Figures | undefined | Promise<Figures | undefined>

/** By the first part of a name such as `local/rustcode`; the rest says what is done it with. */
export const cases: Readonly<Record<string, Case>> = {
  local,
  load,
  held,
  wire,
  concurrent,
  crossing,
  map,
  counter,
  set,
  editing,
  crowd,
}
