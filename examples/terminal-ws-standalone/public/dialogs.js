/** The page's questions: whether to paste, and how to share. */
import { call } from './access.js'

const $ = (id) => document.getElementById(id)
const PREVIEW = 2000

/**
 * Asks whether to paste lines that would be run.
 * @param {{ text: string, lines: number }} paste
 * @returns {Promise<boolean>}
 */
export function confirmPaste({ text, lines }) {
  const dialog = $('paste')
  if (dialog.open) return Promise.resolve(false)
  $('paste-title').textContent = `Paste ${lines} lines?`
  $('paste-text').textContent = text.length > PREVIEW ? `${text.slice(0, PREVIEW)}…` : text
  dialog.returnValue = 'no'
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true })
  })
}

/** @param {string} text @returns {Promise<boolean>} whether the browser let the page write to the clipboard */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text) // Over plain HTTP, but for loopback, there is none.
    return true
  } catch {
    return false
  }
}

let shared = null

/** Whether the server shares terminals: it asks for what is missing, rather than knowing no such address. */
export async function canShare() {
  const response = await post({}).catch(() => null)
  return response?.status === 400
}

/** @param {{ sessionId: string, projectId?: string }} terminal */
export function openShare(terminal) {
  shared = terminal
  $('share-result').hidden = true
  $('share-trouble').textContent = ''
  $('share').showModal()
}

async function makeLink() {
  const asked = { ...shared, access: $('share-access').value, expiresIn: Number($('share-time').value) }
  try {
    const response = await post(asked)
    const { url, share, error } = await response.json()
    if (!response.ok || !(url || share)) throw new Error(error ?? `the server said ${response.status}`)
    // In the fragment it is not sent in a request line.
    const link = url ?? `${location.pathname}#${new URLSearchParams({ share })}`
    $('share-url').value = new URL(link, document.baseURI).href
    $('share-result').hidden = false
    $('share-url').select()
    $('share-trouble').textContent = ''
  } catch (error) {
    $('share-trouble').textContent = `No link was made: ${error.message}`
  }
}

const post = (body) =>
  call('api/terminal/share', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })

$('share-make').addEventListener('click', makeLink)
$('share-copy').addEventListener('click', async () => {
  const copied = await copyText($('share-url').value)
  if (!copied) $('share-url').select()
  $('share-trouble').textContent = copied ? 'Copied.' : 'The browser did not allow copying: press Ctrl C.'
})
