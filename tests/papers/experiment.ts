/**
 * One trial of a paper: what is set, and what comes of it. The same parameters (the seed is one of them) give the same
 * outcome. Both are plain data: trials run in processes of their own.
 */
export interface Experiment<Parameters, Outcome> {
  /** `import.meta.url` of the file that exports this as `experiment`: a worker finds it there. */
  readonly module: string
  run(parameters: Parameters): Outcome
}

/** Runs trials. Outcomes come in the order of the parameters, whichever trial ends first. */
export interface Laboratory {
  run<Parameters, Outcome>(
    experiment: Experiment<Parameters, Outcome>,
    trials: readonly Parameters[],
  ): Promise<readonly Outcome[]>
}

/** How much of the experiments is run. */
export interface Extent {
  /** A first look: smaller groups, fewer settings. */
  readonly quick: boolean
  /** 1 to n. */
  readonly seeds: readonly number[]
  /** Whether somebody asked for that many seeds; otherwise a dear experiment may take fewer (`dear`). */
  readonly seedsAreChosen: boolean
  /** Every setting of the paper's grids, not only the ones that the tables name. */
  readonly wholeGrid: boolean
  readonly laboratory: Laboratory
}

/** Every combination with every other. */
export function combinations<Left, Right>(lefts: readonly Left[], rights: readonly Right[]): (Left & Right)[] {
  return lefts.flatMap((left) => rights.map((right) => ({ ...left, ...right })))
}

/** The extent of an experiment that has fewer seeds unless somebody asks for more. */
export function dear(extent: Extent, seeds: number): Extent {
  return extent.seedsAreChosen ? extent : { ...extent, seeds: extent.seeds.slice(0, seeds) }
}
