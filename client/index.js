/**
 * `offheap-terminal/client`: terminals of a server in the browser. Types and documentation are in index.d.ts, a guide
 * in docs/client.md.
 * @module
 */
export { CloseCode } from './close-codes.js'
export { MUX_PROTOCOL, PROTOCOL } from './frames.js'
export { OffheapAddon } from './offheap-addon.js'
export { RecordingPlayer } from './recording-player.js'
export { TerminalClient } from './terminal-client.js'
export { TerminalMux } from './terminal-mux.js'
