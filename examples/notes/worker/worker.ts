// Keeps the page's own files, so that a tab can be opened again while the peer that serves them is away. The network is
// asked first: a peer that was upgraded serves its new page at once, and the files of one page never mix with another's.

/** Raised when the list of files or the way they are kept changes; older ones are deleted. */
const cacheName = 'peerloom-notes-1'
const files = ['./', './main.js', './style.css', './icon.svg']

const answerLimit = 3000

declare const self: ServiceWorkerGlobalScope

self.addEventListener('install', (event) => event.waitUntil(keepFiles()))
self.addEventListener('activate', (event) => event.waitUntil(takeOver()))
self.addEventListener('fetch', (event) => {
  const key = keyOf(event.request)
  if (key !== undefined) event.respondWith(answer(key))
})

async function keepFiles(): Promise<void> {
  const cache = await caches.open(cacheName)
  await cache.addAll(files.map((file) => new Request(file, { cache: 'reload' })))
  await self.skipWaiting()
}

async function takeOver(): Promise<void> {
  for (const name of await caches.keys()) if (name !== cacheName) await caches.delete(name)
  await self.clients.claim()
}

/** Under which address a file is kept; undefined for everything else, the peer's API above all. */
function keyOf({ method, url, mode }: Request): string | undefined {
  if (method !== 'GET') return undefined
  const address = new URL(url)
  const known = files.map((file) => new URL(file, self.registration.scope).href)
  address.search = ''
  address.hash = ''
  if (mode === 'navigate' && address.pathname.endsWith('/index.html')) return known[0]
  return known.find((href) => href === address.href)
}

async function answer(key: string): Promise<Response> {
  const cache = await caches.open(cacheName)
  const kept = await cache.match(key)
  try {
    const response = await fetch(key, { cache: 'no-cache', ...(kept === undefined ? {} : patience()) })
    if (response.ok) await cache.put(key, response.clone())
    return response
  } catch (error) {
    if (kept === undefined) throw error
    return kept
  }
}

/** A peer that hangs is as good as away, where there is something else to show. */
function patience(): RequestInit {
  return { signal: AbortSignal.timeout(answerLimit) }
}
