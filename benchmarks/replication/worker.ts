// One of the two processes of `replication.ts`: with one library, either the writer or the replica.
import { setImmediate as turn } from 'node:timers/promises'
import { obeyOrders } from '../ordered-process.ts'
import { libraries, type LibraryName } from './libraries.ts'
import type { Writer } from './library.ts'
import { now, type Order, type Seen, type Usage } from './orders.ts'
import { Sightings } from './sightings.ts'

/** So many synchronous operations, then the event loop has its turn: nobody could send anything otherwise. */
const burst = 50

const loading = libraries[process.argv[2] as LibraryName].load()
const sightings = new Sightings()
let writer: Writer | undefined

async function obey(order: Order): Promise<unknown> {
  switch (order.type) {
    case 'write':
      writer = await (await loading).write(order.directory)
      return writer.address
    case 'replicate':
      return (await loading).replicate(order.directory, order.address, (operation) => sightings.add(operation))
    case 'joined':
      return writer?.joined()
    case 'put':
      return put(order.first, order.count)
    case 'see':
      return sightings.reach(order.count, order.patience) satisfies Promise<Seen>
    case 'usage':
      return usage()
  }
}

async function put(first: number, count: number): Promise<number> {
  const begun = now()
  for (let done = 0; done < count; done++) {
    const taken = writer?.put(first + done)
    if (taken !== undefined) await taken
    else if (done % burst === burst - 1) await turn()
  }
  return begun
}

function usage(): Usage {
  const { user, system } = process.cpuUsage()
  return { cpu: (user + system) / 1e6, rssMebibytes: process.memoryUsage.rss() / 2 ** 20 }
}

obeyOrders(obey)
