/** The secrets of the page's address: the server's token, how it is sent and the question for it, and that of a shared terminal. */

const query = new URLSearchParams(location.search)
const fragment = new URLSearchParams(location.hash.slice(1))
const dialog = document.getElementById('access')

/** Undefined where the page was opened without one. */
export const token = fragment.get('token') ?? query.get('token') ?? undefined
/** Of a link to one terminal that somebody shares: the page shows that, and asks for nothing else. */
export const share = fragment.get('share') ?? query.get('share') ?? undefined

/** A moment of a recording that the address names. */
export const recording = {
  id: fragment.get('recording') ?? undefined,
  time: Number(fragment.get('t')) || 0,
}

// A fragment is never sent in a request line, and survives a reload just as well.
if (query.has('token') || query.has('share')) {
  query.delete('token')
  query.delete('share')
  const secrets = new URLSearchParams(
    Object.entries({ token, share }).filter(([, value]) => value !== undefined),
  )
  const rest = query.size > 0 ? `?${query}` : ''
  history.replaceState(null, '', `${location.pathname}${rest}#${secrets}`)
}

/**
 * `fetch`, relative to the page, with the token in a header: addresses end up in logs.
 * @param {string} path without a slash before it
 */
export async function call(path, options = {}) {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` }
  const response = await fetch(path, { ...options, headers })
  // Those with whom a terminal is shared have no token to give.
  if (response.status === 401 && share === undefined) askForToken()
  return response
}

/** The page starts again with the answer, by the `hashchange`. */
function askForToken() {
  if (dialog.open) return
  if (token !== undefined)
    document.getElementById('access-text').textContent = 'That token is not the right one.'
  dialog.showModal()
}

dialog.addEventListener('submit', (event) => {
  event.preventDefault()
  fragment.set('token', document.getElementById('access-token').value)
  location.hash = String(fragment)
})
addEventListener('hashchange', () => location.reload())
