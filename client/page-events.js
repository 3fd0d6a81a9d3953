/**
 * What the page tells of itself. Outside a page (a worker, a test) there is nothing to hear.
 * @param {{ back(): void, hidden(event: PageTransitionEvent): void, shown(event: PageTransitionEvent): void }} page
 *   `back`: the network or the reader is back
 * @returns {() => void} ends it
 */
export function watchPage({ back, hidden, shown }) {
  const { document } = globalThis
  const whenVisible = () => document.visibilityState === 'visible' && back()
  const listeners = [
    [globalThis, 'online', back],
    [globalThis, 'pagehide', hidden],
    [globalThis, 'pageshow', shown],
    [document, 'visibilitychange', whenVisible],
  ].filter(([target]) => target?.addEventListener)
  for (const [target, type, listener] of listeners) target.addEventListener(type, listener)
  return () => {
    for (const [target, type, listener] of listeners) target.removeEventListener(type, listener)
  }
}
