// What only the package changes: an assignment throws, in sloppy code as in strict.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { CircularBuffer, openRecording, Pty, SessionRegistry } = require('..')

const ASSIGNMENTS = [
  ['sloppy', new Function('target', 'key', 'value', 'target[key] = value')],
  ['strict', new Function('target', 'key', 'value', '"use strict"; target[key] = value')],
]
const [[, assign]] = ASSIGNMENTS
const refused = (message) =>
  expect.objectContaining({
    name: 'TypeError',
    code: 'ERR_READ_ONLY_PROPERTY',
    message: expect.stringMatching(message),
  })

let folder
let registry
let made
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-read-only-'))
  registry = new SessionRegistry()
  const session = registry.create({ id: 'a', projectId: 'p', metadata: { x: 1 } })
  session.append('text')
  const recording = session.record({ dir: folder })
  await recording.stop()
  made = {
    CircularBuffer: new CircularBuffer(4096),
    Pty: new Pty('sh', ['-c', 'read line']),
    Recording: recording,
    RecordingReader: await openRecording(recording.file),
    Session: session,
    SessionRegistry: registry,
    Viewer: session.openViewer(),
  }
})
afterAll(() => {
  made.Pty.close()
  made.RecordingReader.close()
  registry.shutdown()
  fs.rmSync(folder, { recursive: true })
})

/** The getters of an object that belong to classes of a name. */
function gettersOf(object, name) {
  const keys = []
  for (let at = Object.getPrototypeOf(object); at.constructor.name === name; at = Object.getPrototypeOf(at)) {
    const all = Object.entries(Object.getOwnPropertyDescriptors(at))
    keys.push(...all.filter(([, { get }]) => get).map(([key]) => key))
  }
  return keys
}

const CLASSES = [
  ['CircularBuffer', ['capacity', 'length']],
  ['Pty', ['cols', 'pid', 'fd', 'onData']],
  ['Recording', ['file']],
  ['RecordingReader', ['header']],
  ['Session', ['metadata', 'mode', 'cwd', 'userId', 'id', 'incarnation', 'focused', 'title']],
  ['SessionRegistry', ['closed']],
  ['Viewer', ['offset']],
]

describe.each(ASSIGNMENTS)('in %s code', (_mode, assign) => {
  test.each(CLASSES)('no property of a %s can be assigned', (name, some) => {
    const object = made[name]
    const keys = gettersOf(object, name).filter((key) => key !== 'handleFlowControl')
    expect(keys).toEqual(expect.arrayContaining(some))
    for (const key of keys) {
      const before = object[key]
      expect(() => assign(object, key, 'other')).toThrow(refused(`"${key}" of a ${name} is read-only`))
      expect(object[key]).toEqual(before)
      expect(Object.hasOwn(object, key)).toBe(false)
    }
  })

  test("a session's handle takes no property that the next one would not have", () => {
    expect(() => assign(made.Session, 'tabName', 'x')).toThrow(refused('no property "tabName".*update'))
    expect(Object.hasOwn(made.Session, 'tabName')).toBe(false)
  })
})

test('the message says what to use instead', () => {
  expect(() => assign(made.Session, 'metadata', {})).toThrow(refused(/use session\.update\(\)$/))
  expect(() => assign(made.Session, 'focused', true)).toThrow(refused(/use registry\.focus\(\)/))
  expect(() => assign(made.Pty, 'cols', 80)).toThrow(refused(/use pty\.resize\(\)$/))
  expect(() => assign(made.Session, 'pid', 1)).toThrow(refused(/is read-only$/))
})

test('what node-pty lets be assigned can be, and a terminal takes what its user adds', () => {
  assign(made.Pty, 'handleFlowControl', true)
  expect(made.Pty.handleFlowControl).toBe(true)
  assign(made.Pty, 'tabName', 'x')
  expect(made.Pty.tabName).toBe('x')
})

test('spies work on a handle, of methods and of properties', () => {
  const session = registry.get('a')
  const append = jest.spyOn(session, 'append').mockReturnValue(7)
  const metadata = jest.spyOn(session, 'metadata', 'get').mockReturnValue({ mocked: true })
  expect([session.append('x'), session.metadata]).toEqual([7, { mocked: true }])
  append.mockRestore()
  metadata.mockRestore()
  expect([session.append(''), session.metadata]).toEqual([session.end, { x: 1 }])
})

test('its prototype, symbols and Proxies are as with any object', () => {
  const session = registry.get('a')
  const mark = Symbol('mark')
  session[mark] = 1
  expect(session[mark]).toBe(1)
  expect(() => assign(new Proxy(session, {}), 'tabName', 'x')).toThrow(refused('tabName'))
  const { prototype } = Object.getPrototypeOf(session).constructor
  prototype.shout = function () {
    return this.id.toUpperCase()
  }
  expect(session.shout()).toBe('A')
  delete prototype.shout
  expect(session.shout).toBeUndefined()
  expect(`${session}`).toBe('[object Object]')
  expect(session).toBeInstanceOf(prototype.constructor)
})

test('it is so again after another load of the package', () => {
  jest.resetModules()
  const again = require('..')
  const other = new again.SessionRegistry()
  const session = other.create({ metadata: { x: 1 } })
  expect(() => assign(session, 'metadata', {})).toThrow(refused('metadata'))
  expect(() => assign(session, 'tabName', 'x')).toThrow(refused('tabName'))
  expect(session.metadata).toEqual({ x: 1 })
  other[Symbol.dispose]()
  expect(other.closed).toBe(true)
})
