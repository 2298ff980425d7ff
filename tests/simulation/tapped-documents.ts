import type { Host, HostEnvironment, Ticket } from '../../node/protocol/index.ts'
import { documents, type Documents, type DocumentsOptions, type Replicator } from '../../crdt/replicator/index.ts'

/** What is planted to see that it is found. */
export interface PlantedFaults {
  /** Whoever is said to have signed something has. */
  readonly believesAll: boolean
  /** Calls back some time before what was given to the disk is on it. */
  readonly hurries?: ((written: () => void) => void) | undefined
}

export interface TappedDocuments {
  readonly documents: Documents
  /** The core below, for checkers. */
  readonly core: Replicator
}

type AnyEnvironment = HostEnvironment<unknown, unknown, unknown, unknown>

/** Documents on a host, with their core in the open and with what is planted. */
export function tapDocuments(
  host: Host,
  options: DocumentsOptions,
  { believesAll, hurries }: PlantedFaults,
): TappedDocuments {
  let core: Replicator | undefined
  const run: Host['run'] = (definition, needs, listen) => {
    const create: typeof definition.create = (environment, own) => {
      const written = (ticket: Ticket): void => core?.written(ticket)
      const given = hurries === undefined ? environment : hurry(environment, hurries, written)
      const created = definition.create(given, own)
      core = created as unknown as Replicator
      const verified = core.verified.bind(core)
      if (believesAll) core.verified = (ticket) => verified(ticket, true)
      return created
    }
    return host.run({ ...definition, create }, needs, listen)
  }
  const tapped: Host = {
    self: host.self,
    run,
    offer: (name, role) => host.offer(name, role),
    role: (name) => host.role(name),
  }
  const attached = documents(options).attach(tapped)
  if (core === undefined) throw new Error('Documents run a core')
  return { documents: attached, core }
}

function hurry(
  environment: AnyEnvironment,
  hurries: (written: () => void) => void,
  written: (ticket: Ticket) => void,
): AnyEnvironment {
  return {
    self: environment.self,
    random: environment.random,
    author: environment.author,
    now: () => environment.now(),
    send: (to, message) => environment.send(to, message),
    schedule: (timer, delay) => environment.schedule(timer, delay),
    emit: (event) => environment.emit(event),
    sign: (bytes) => environment.sign(bytes),
    verify: (claim) => environment.verify(claim),
    load: (part) => environment.load(part),
    write: (entry) => {
      const ticket = environment.write(entry)
      hurries(() => written(ticket))
      return ticket
    },
  }
}
