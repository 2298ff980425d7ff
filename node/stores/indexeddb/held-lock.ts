/** A Web Lock that lasts until it is let go, or the tab ends in whatever way. */
export interface HeldLock {
  /** Resolves when others can have it. */
  letGo(): Promise<void>
}

/** @returns undefined when somebody, in this tab or another, holds it */
export function holdLock(name: string): Promise<HeldLock | undefined> {
  return new Promise((resolve, reject) => {
    const { promise: end, resolve: finish } = deferred()
    const gone: Promise<unknown> = navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
      if (lock === null) {
        resolve(undefined)
        return
      }
      resolve({
        letGo: async (): Promise<void> => {
          finish()
          await gone
        },
      })
      await end
    })
    gone.catch(reject)
  })
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
