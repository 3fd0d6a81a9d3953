/** Links in a terminal's output, by OSC 8: what they are named says nothing about where they lead. */

const SCHEMES = ['http:', 'https:', 'mailto:']

/** @param {string} address @returns {URL | null} null for what the page does not open */
export function safeLink(address) {
  try {
    const url = new URL(address)
    return SCHEMES.includes(url.protocol) ? url : null
  } catch {
    return null
  }
}

/**
 * xterm.js's link handler.
 * @param {{ show(words: string): void, ask(url: URL, open: () => void): void }} page  `show` says where a link leads,
 *   and nothing with an empty text; `ask` is for a click on a link that was not pointed at before, as by touch
 */
export function linkHandler({ show, ask }) {
  let shown = null
  return {
    allowNonHttpProtocols: true, // Those of SCHEMES; the rest is refused here.
    hover(_event, address) {
      shown = address
      show(safeLink(address)?.href ?? `Not opened: ${address.slice(0, 200)}`)
    },
    leave() {
      shown = null
      show('')
    },
    activate(event, address) {
      const url = safeLink(address)
      if (!url) return show(`Not opened: ${address.slice(0, 200)}`)
      const open = () => window.open(url.href, '_blank', 'noopener,noreferrer')
      return shown === address && event.pointerType !== 'touch' ? void open() : ask(url, open)
    },
  }
}
