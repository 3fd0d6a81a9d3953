// Compiled, never run: fails where client/index.d.ts promises something else
// than what is written here. `npm run test:types`.

import { Terminal } from '@xterm/xterm'
import {
  type Answers,
  type CloseCode,
  type Display,
  OffheapAddon,
  type PROTOCOL,
  type RecordingAbout,
  RecordingPlayer,
  TerminalClient,
  TerminalMux,
  type TerminalState,
} from 'offheap-terminal/client'

/** Holds where both types are the same, not only assignable. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(..._proof: Same<A, B> extends true ? [] : [never]): void {}

// TerminalClient
{
  const client = new TerminalClient('/terminals')
  new TerminalClient(new URL('wss://example.com/'), { sessionId: null, window: undefined, query: { a: 1 } })
  new TerminalClient(new TerminalMux('/mux', { token: 't' }), { backoff: { min: 1, max: null } })
  same<typeof client.state, TerminalState>()
  same<typeof client.offset, number | null>()
  same<typeof client.sessionId, string | null>()
  same<typeof client.viewers, { count: number; readers: number | null } | null>()
  same<typeof client.answers, Answers>()
  same<ReturnType<typeof client.input>, boolean>()
  client.input(new Uint8Array(1))
  client.resize(80, 24)
  client.resize(80, 24, { width: 640, height: null })
  client.send({ type: 'focus' })
  client.addEventListener('state', ({ detail }) => {
    same<typeof detail.retryAt, number | null>()
    same<typeof detail.previous, TerminalState>()
  })
  client.addEventListener('inputdropped', ({ detail }) => detail.reason === 'read-only')
  client.addEventListener('viewers', ({ detail: { count } }) => same<typeof count, number>())
  client.addEventListener('whatever', (event) => same<typeof event, Event>())
  // @ts-expect-error An address is needed.
  new TerminalClient()
  // @ts-expect-error A window is a number.
  new TerminalClient('/', { window: '65536' })
  // @ts-expect-error There is no such option.
  new TerminalClient('/', { session: 'a' })
  // @ts-expect-error The state is read-only.
  client.state = 'live'
  // @ts-expect-error Numbers are no input.
  client.input(1)
}

// OffheapAddon
{
  const client = new TerminalClient('/terminals')
  const addon = new OffheapAddon(client, { confirmPaste: ({ lines }) => lines < 10, confirmLines: 2 })
  new OffheapAddon(client, { confirmPaste: async ({ text }) => text.length < 10 })
  const images = { sixelSupport: false, showPlaceholder: false }
  new OffheapAddon(client, { images })
  // @ts-expect-error The add-on is there, or parts of it are.
  new OffheapAddon(client, { images: 'sixel' })
  new Terminal().loadAddon(addon)
  same<ReturnType<typeof addon.paste>, Promise<boolean>>()
  addon.addEventListener('clipboard', ({ detail }) =>
    same<typeof detail, { selection: string; text: string }>(),
  )
  // @ts-expect-error A client is needed.
  new OffheapAddon()
}

// RecordingPlayer
{
  const terminal = new Terminal()
  const player = new RecordingPlayer('/api/recordings/a', { terminal, speed: 2, idleLimit: null })
  same<typeof player.about, RecordingAbout | null>()
  same<ReturnType<typeof player.seek>, Promise<void>>()
  same<ReturnType<typeof player.markers>, Promise<{ time: number; label: string }[]>>()
  player.speed = 4
  player.addEventListener('time', ({ detail }) => same<typeof detail, { time: number }>())
  player.addEventListener('load', ({ detail }) => same<typeof detail, RecordingAbout>())
  const client = new TerminalClient('/')
  same<typeof client.recording, boolean>()
  client.addEventListener('recording', ({ detail }) => same<typeof detail, { recording: boolean }>())
  // @ts-expect-error A terminal is needed.
  new RecordingPlayer('/api/recordings/a', {})
  // @ts-expect-error The time is read-only.
  player.time = 5
}

// A display of one's own
{
  const display: Display = {
    cols: 80,
    rows: 24,
    write: (_data, _kind, parsed) => parsed(),
    reset() {},
    resize() {},
  }
  new TerminalClient('/').attach(display).dispose()
  same<typeof PROTOCOL, 'offheap.v1'>()
  same<typeof CloseCode.silent, 4004>()
}
