// The page's shared connection against a fake WebSocket.

let muxWebSocket
const sockets = []

class FakeSocket {
  readyState = 0
  sent = []

  constructor() {
    sockets.push(this)
  }
  open() {
    this.readyState = 1
    this.onopen?.()
  }
  send(text) {
    this.sent.push(JSON.parse(text))
  }
  close() {
    this.readyState = 2
  }
  end(code) {
    this.readyState = 3
    this.onclose?.({ code, reason: '' })
  }
}

const real = globalThis.WebSocket
beforeAll(() => {
  globalThis.WebSocket = FakeSocket
  ;({ muxWebSocket } = require('../../examples/terminal-ws-standalone/public/offheap-mux.js'))
})
afterAll(() => {
  globalThis.WebSocket = real
})
beforeEach(() => {
  sockets.length = 0
})

test('a channel that comes while the connection of the last one closes has one of its own', () => {
  const Channel = muxWebSocket('ws://127.0.0.1/mux')
  const first = new Channel('ws://127.0.0.1/?sessionId=a')
  sockets[0].open()
  first.close(1000)
  expect(sockets[0].readyState).toBe(2)

  const second = new Channel('ws://127.0.0.1/?sessionId=b')
  const closes = []
  second.onclose = ({ code }) => closes.push(code)
  sockets[0].end(1000)
  expect(sockets).toHaveLength(2)
  sockets[1].open()
  expect(sockets[1].sent).toEqual([expect.objectContaining({ type: 'open', sessionId: 'b' })])
  expect(closes).toEqual([])
})

test('the channels of a connection that fails are told, and the next has another', () => {
  const Channel = muxWebSocket('ws://127.0.0.1/mux')
  const closes = []
  for (const id of ['a', 'b']) {
    new Channel(`ws://127.0.0.1/?sessionId=${id}`).onclose = ({ code }) => closes.push(code)
  }
  sockets[0].open()
  sockets[0].end(1006)
  expect(closes).toEqual([1006, 1006])
  new Channel('ws://127.0.0.1/?sessionId=c')
  expect(sockets).toHaveLength(2)
})
