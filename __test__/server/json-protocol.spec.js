// The app's own protocol: JSON frames both ways, over real sockets and shells.

const fs = require('node:fs')
const os = require('node:os')
const { startServer } = require('../helpers/server')
const { PROMPT } = require('../helpers/workspace')
const { eventually, isRunning } = require('../helpers/proc')

describe('a session over JSON', () => {
  let host

  beforeAll(async () => {
    host = await startServer({
      maxSessions: 0,
      maxSessionsPerProject: 0,
      maxFocusedPerProject: 4,
      screen: false,
    })
  })
  afterAll(() => host.stop())

  async function shell(query, options) {
    const client = host.connect(query, options)
    await client.ready()
    await client.sees(PROMPT)
    return client
  }

  test('announces a new shell, then streams its output with offsets', async () => {
    const client = await shell()
    expect(client.messages[0]).toMatchObject({ type: 'connected', workingDir: host.folder })
    expect(client.messages[0].sessionId).toMatch(/^session_\d+_\w{8}$/)
    client.type('echo one""two\r')
    await client.sees('onetwo\r\n')
    expect(client.end).toBe(Buffer.byteLength(client.output))
    expect(client.frames.every(({ type }) => type === 'stream')).toBe(true)
  })

  test('the shell is a login shell in the environment that the app gives', async () => {
    fs.writeFileSync(host.file('.env.local'), 'FROM_LOCAL=local\n')
    const client = await shell({ sessionId: 'env' })
    // As it is given: on some systems /etc/profile sets the PATH anew.
    const given = fs.readFileSync(`/proc/${host.registry.get('env').pid}/environ`, 'utf8').split('\0')
    expect(given.find((line) => line.startsWith('PATH='))).toMatch(
      new RegExp(`:${host.folder}/node_modules/\\.bin$`),
    )
    client.type('echo "$TERM $COLORTERM $FROM_LOCAL $(tput cols)x$(tput lines)" $((40+2))\r')
    await client.sees('xterm-256color truecolor local 80x30 42\r\n')
    client.type('shopt -q login_shell && echo is""login; echo "$LANG$LC_ALL" | grep -ci utf\r')
    await client.sees('islogin\r\n1\r\n')
  })

  test('resize reaches the shell, and everyone who watches is told', async () => {
    const client = await shell({ sessionId: 'sized' })
    const other = host.connect({ sessionId: 'sized' })
    await other.ready()
    client.send({ type: 'resize', cols: 132, rows: 43 })
    client.type('stty size\r')
    await client.sees('43 132\r\n')
    expect(await other.message('size', ({ cols }) => cols === 132)).toMatchObject({ cols: 132, rows: 43 })
  })

  test.each([
    [{ cols: 0, rows: 24 }, 'ERR_OUT_OF_RANGE'],
    [{ cols: 80.5, rows: 24 }, 'ERR_OUT_OF_RANGE'],
    [{ cols: 1e9, rows: 24 }, 'ERR_OUT_OF_RANGE'],
    [{ cols: -1, rows: 24 }, 'ERR_OUT_OF_RANGE'],
    [{ cols: '80', rows: 24 }, 'ERR_INVALID_ARG_TYPE'],
    [{ cols: null, rows: 24 }, 'ERR_INVALID_ARG_TYPE'],
    [{}, 'ERR_INVALID_ARG_TYPE'],
  ])('resize to %j is an error frame', async (size, code) => {
    const client = host.connect({ sessionId: 'resized-badly' })
    await client.ready()
    client.send({ type: 'resize', ...size })
    expect(await client.message('error')).toMatchObject({ code, message: expect.any(String) })
    await client.settled()
  })

  test('ctrl interrupts, and ends the input', async () => {
    const client = await shell()
    // Said by a process in the foreground: before that the shell itself would get it.
    client.type('bash -c \'echo star""ted; exec sleep 1000\'\r')
    await client.sees('started\r\n')
    client.send({ type: 'ctrl', key: 'c' })
    await client.until('a second prompt', () => client.output.split(PROMPT).length > 2)
    client.send({ type: 'ctrl', key: 'd' })
    expect(await client.message('exit')).toMatchObject({ type: 'exit', signal: 0 })
    expect(await client.isClosed()).toMatchObject({ code: 1000 })
  })

  test.each([...'cdzl\\aekuw'])('ctrl %s is the byte of that key', async (key) => {
    const client = await shell()
    client.type('stty raw -echo; echo go""on; head -c1 | od -An -tx1; stty sane\r')
    await client.sees('goon')
    client.send({ type: 'ctrl', key })
    const byte = key === '\\' ? 0x1c : key.charCodeAt(0) - 96
    await client.sees(` ${byte.toString(16).padStart(2, '0')}`, client.output.indexOf('goon'))
  })

  test('exit comes after the last byte, with the code, and then the close', async () => {
    const client = await shell()
    client.type("stty -echo; seq 20000; echo la''st; exit 7\r")
    expect(await client.message('exit')).toEqual({ type: 'exit', code: 7, signal: 0 })
    expect(client.output).toContain('20000\r\nlast\r\n')
    expect((await client.isClosed()).code).toBe(1000)
  })

  test('ping is answered', async () => {
    const client = await shell()
    client.send({ type: 'ping' })
    expect(await client.message('pong')).toEqual({ type: 'pong' })
  })

  test.each([
    ['an unknown type', '{"type":"dance"}', 'ERR_UNKNOWN_MESSAGE'],
    ['a type of Object.prototype', '{"type":"constructor"}', 'ERR_UNKNOWN_MESSAGE'],
    ['__proto__', '{"type":"__proto__"}', 'ERR_UNKNOWN_MESSAGE'],
    ['no type', '{}', 'ERR_UNKNOWN_MESSAGE'],
    ['null', 'null', 'ERR_UNKNOWN_MESSAGE'],
    ['a number', '12', 'ERR_UNKNOWN_MESSAGE'],
    ['an array', '[]', 'ERR_UNKNOWN_MESSAGE'],
    ['no JSON', '{"type":', 'ERR_INVALID_JSON'],
    ['an empty frame', '', 'ERR_INVALID_JSON'],
    ['input that is no string', '{"type":"input","data":{}}', 'ERR_INVALID_ARG_TYPE'],
    ['an unknown control key', '{"type":"ctrl","key":"x"}', 'ERR_INVALID_ARG_VALUE'],
    ['a control key that is no string', '{"type":"ctrl","key":[]}', 'ERR_INVALID_ARG_VALUE'],
    ['an ack of NaN', '{"type":"ack","offset":null}', 'ERR_OUT_OF_RANGE'],
    ['an unknown focus mode', '{"type":"focus_change","mode":"sideways"}', 'ERR_INVALID_ARG_VALUE'],
    [
      'a path that is no string',
      '{"type":"subscribe","projectId":"p","projectPath":7}',
      'ERR_INVALID_ARG_TYPE',
    ],
    ['a project that is no string', '{"type":"subscribe","projectId":{}}', 'ERR_INVALID_ARG_TYPE'],
    ['a git refresh of nothing', '{"type":"git-refresh"}', 'ERR_GIT_NOT_SUBSCRIBED'],
  ])('%s is an error frame, and the connection goes on', async (_what, frame, code) => {
    const client = host.connect({ sessionId: 'misused' })
    await client.ready()
    client.send(frame)
    expect(await client.message('error')).toMatchObject({ code, message: expect.stringMatching(/\w/) })
    await client.settled()
    expect(client.closed).toBeNull()
  })

  test('a message in a binary frame is the same as in a text frame', async () => {
    const client = await shell()
    client.send(Buffer.from(JSON.stringify({ type: 'input', data: "printf '%s\\n' 'bi''näry'\r" })))
    await client.sees('\nbinäry\r\n')
    client.send(Buffer.from('ls\r'))
    expect(await client.message('error')).toMatchObject({ code: 'ERR_INVALID_JSON' })
  })

  test('a reconnection gets the history exactly once, and not again as stream', async () => {
    const first = await shell({ sessionId: 'again' })
    first.type('echo on""ce\r')
    await first.sees(`once\r\n${PROMPT}`)
    await first.cut()
    const second = host.connect({ sessionId: 'again' })
    await second.sees(`once\r\n${PROMPT}`)
    second.type('echo and""more\r')
    await second.sees('andmore\r\n')
    expect(second.messages[0]).toMatchObject({
      type: 'reconnected',
      sessionId: 'again',
      workingDir: host.folder,
    })
    expect(second.of('history')).toBe(first.output)
    expect(second.of('stream')).not.toContain('once')
    expect(second.output.split('once').length).toBe(2)
  })

  test('terminal queries are taken out of the history, not out of live output', async () => {
    const first = await shell({ sessionId: 'asked' })
    const query = '\\033[c\\033[6n\\033]11;?\\007\\033P$q q\\033\\\\\\033[?u\\033[>q'
    first.type(`stty -echo; printf 'be''fore${query}af''ter\\n'\r`)
    await first.sees(`after\r\n${PROMPT}`)
    expect(first.of('stream')).toContain('before\x1b[c\x1b[6n\x1b]11;?\x07\x1bP$q q\x1b\\\x1b[?u\x1b[>qafter')
    await first.cut()
    const second = host.connect({ sessionId: 'asked' })
    await second.sees(`after\r\n${PROMPT}`)
    expect(second.of('history')).toContain('beforeafter')
    expect(second.end).toBe(first.end)
  })

  test('a client resumes at its offset', async () => {
    const first = await shell({ sessionId: 'resumed' })
    const at = first.end
    await first.cut()
    const other = host.connect({ sessionId: 'resumed' })
    await other.ready()
    other.type('echo mean""while\r')
    await other.sees('meanwhile\r\n')
    const second = host.connect({ sessionId: 'resumed', offset: at })
    await second.sees('meanwhile\r\n')
    expect(second.of('history')).toBe('')
    expect(first.output + second.of('stream')).toBe(
      other.output.slice(0, first.output.length + second.output.length),
    )
  })

  test('several viewers see the same', async () => {
    const first = await shell({ sessionId: 'shared' })
    const second = host.connect({ sessionId: 'shared' })
    await second.ready()
    second.type('echo for""all\r')
    await first.sees('forall\r\n')
    await second.sees('forall\r\n')
    expect(second.output).toBe(first.output.slice(0, second.output.length))
  })

  test('text beyond ASCII passes both ways', async () => {
    const client = await shell()
    client.type("printf '%s\\n' 'grüße – 日本 🎉 é'\r")
    await client.sees('\r\ngrüße – 日本 🎉 é\r\n')
  })

  describe('the focus', () => {
    test('an unfocused session is silent; on focus what was missed comes as buffered', async () => {
      const client = await shell({ projectId: 'focus', sessionId: 'f1' })
      client.send({ type: 'blur' })
      expect(await client.message('focusUpdate')).toMatchObject({ focused: false, allFocused: [] })
      const streamed = client.of('stream')
      client.type('echo un""seen > seen; cat seen; touch done\r')
      await eventually('the command', () => fs.existsSync(host.file('done')))
      const session = host.registry.get('f1', 'focus')
      await eventually('the output', () => session.end > client.end)
      await client.settled()
      expect(client.of('stream')).toBe(streamed)
      client.send({ type: 'focus' })
      await client.sees('unseen\r\n')
      expect(client.of('buffered')).toContain('unseen\r\n')
      expect(client.of('stream')).not.toContain('unseen')
      client.type('echo li""ve\r')
      await client.sees('live\r\n')
      expect(client.of('stream')).toContain('live\r\n')
      expect(client.messages.at(-1)).toMatchObject({ type: 'focusUpdate', focused: true, allFocused: ['f1'] })
    })

    test('who asks for the focus that holds is told so', async () => {
      const client = await shell({ projectId: 'focus4', sessionId: 'f1' })
      const other = host.connect({ projectId: 'focus4', sessionId: 'f1' })
      await other.ready()
      client.send({ type: 'focus' })
      expect(await client.message('focusUpdate')).toEqual({
        type: 'focusUpdate',
        focused: true,
        allFocused: ['f1'],
      })
      await other.settled()
      expect(other.messages.filter(({ type }) => type === 'focusUpdate')).toEqual([])
    })

    test('focus_change says the same', async () => {
      const client = await shell({ projectId: 'focus2', sessionId: 'f1' })
      client.send({ type: 'focus_change', mode: 'background' })
      await client.message('focusUpdate', ({ focused }) => !focused)
      client.send({ type: 'focus_change', mode: 'active' })
      await client.message('focusUpdate', ({ focused }) => focused)
    })

    test('a project that has four focused sessions at most: the fifth comes unfocused, a focus takes the oldest', async () => {
      const clients = []
      for (let i = 0; i < 5; i += 1) clients.push(await shellOf('five', `s${i}`))
      expect(host.registry.focused('five')).toHaveLength(4)
      clients[4].send({ type: 'focus' })
      await clients[4].message('focusUpdate', ({ focused }) => focused)
      await clients[0].message('focusUpdate', ({ focused }) => !focused)
      expect(host.registry.focused('five')).toEqual(['s1', 's2', 's3', 's4'])
    })

    test('history comes to an unfocused session as well', async () => {
      const first = await shell({ projectId: 'focus3', sessionId: 'f1' })
      first.send({ type: 'blur' })
      await first.message('focusUpdate')
      const second = host.connect({ projectId: 'focus3', sessionId: 'f1' })
      await second.sees(PROMPT)
      expect(second.of('history')).toContain(PROMPT)
    })

    test('a session without a project is always focused', async () => {
      const client = await shell({ sessionId: 'unbound' })
      client.send({ type: 'blur' })
      await client.settled()
      client.type('echo st""ill\r')
      await client.sees('still\r\n')
      expect(client.of('stream')).toContain('still\r\n')
    })

    async function shellOf(projectId, sessionId) {
      const client = host.connect({ projectId, sessionId })
      await client.ready()
      return client
    }
  })

  describe('suspension', () => {
    test("holds back all of a project's output, and gives it on resume", async () => {
      const one = await shell({ projectId: 'sus', sessionId: 's1' })
      const two = await shell({ projectId: 'sus', sessionId: 's2' })
      const stranger = await shell({ projectId: 'other', sessionId: 's1' })
      one.send({ type: 'suspend' })
      expect(await two.message('suspended')).toEqual({
        type: 'suspended',
        message: 'Session suspended',
        sessionId: 's2',
      })
      await one.message('suspended')
      const { end } = two
      two.type('echo hid""den\r')
      const session = host.registry.get('s2', 'sus')
      await eventually('the output', () => session.history().includes('hidden\r\n'))
      await two.settled()
      expect(two.end).toBe(end)
      stranger.type('echo fr""ee\r')
      await stranger.sees('free\r\n')
      one.send({ type: 'resume' })
      expect(await two.message('resumed')).toEqual({
        type: 'resumed',
        message: 'Session resumed',
        sessionId: 's2',
      })
      await two.sees('hidden\r\n')
      expect(two.of('buffered')).toContain('hidden\r\n')
      expect(two.of('stream')).not.toContain('hidden')
    })

    test('a closed page (1000) suspends; who comes back finds everything', async () => {
      const first = await shell({ projectId: 'left', sessionId: 's' })
      await first.close(1000)
      const session = host.registry.get('s', 'left')
      await eventually('the suspension', () => session.suspended)
      expect(isRunning(session.pid)).toBe(true)
      session.write('echo a""way\r')
      await eventually('the output', () => session.history().includes('away\r\n'))
      const second = host.connect({ projectId: 'left', sessionId: 's' })
      await second.sees('away\r\n')
      expect(second.of('history')).toContain('away\r\n')
      expect(session.suspended).toBe(false)
    })

    test.each([
      ['a refresh', 1001],
      ['the circuit breaker', 4000],
      ['another of its codes', 4099],
    ])('%s (%i) does not', async (_what, code) => {
      const sessionId = `left-${code}`
      const first = await shell({ projectId: 'kept', sessionId })
      if (code === 1001) first.socket._sender.close(code, '', true, () => {})
      else first.socket.close(code)
      const session = host.registry.get(sessionId, 'kept')
      await eventually('the end of the connection', () => session.connections === 0)
      expect(session.suspended).toBe(false)
      expect(isRunning(session.pid)).toBe(true)
      first.socket.terminate()
    })

    test('a connection that fails (1006) does not', async () => {
      const first = await shell({ projectId: 'kept', sessionId: 'failed' })
      await first.cut()
      const session = host.registry.get('failed', 'kept')
      await eventually('the end of the connection', () => session.connections === 0)
      expect(session.suspended).toBe(false)
      expect(isRunning(session.pid)).toBe(true)
    })
  })

  describe('names and places', () => {
    test('an id that ends in _<projectId> means the id without it', async () => {
      const first = await shell({ projectId: 'p1', sessionId: 'tab' })
      const second = host.connect({ projectId: 'p1', sessionId: 'tab_p1' })
      expect(await second.ready()).toMatchObject({ type: 'reconnected', sessionId: 'tab' })
      first.type('echo same""one\r')
      await second.sees('sameone')
    })

    test('a session is found by id and project together', async () => {
      await shell({ projectId: 'here', sessionId: 'twin' })
      const other = host.connect({ projectId: 'there', sessionId: 'twin' })
      expect(await other.ready()).toMatchObject({ type: 'connected' })
      const none = host.connect({ sessionId: 'twin' })
      expect(await none.ready()).toMatchObject({ type: 'connected' })
      await none.cut()
      const again = host.connect({ sessionId: 'twin' })
      expect(await again.ready()).toMatchObject({ type: 'reconnected' })
      expect(new Set(['here', 'there'].map((project) => host.registry.get('twin', project).pid)).size).toBe(2)
    })

    test.each([
      ['a file: its folder', () => host.file('a-file'), () => host.folder],
      ['what is missing: home', () => host.file('missing'), () => os.homedir()],
      ['nothing: home', () => '', () => os.homedir()],
      ['what holds a NUL: home', () => '/tmp/\0x', () => os.homedir()],
      ['too long for a path: home', () => `/tmp/${'x'.repeat(5000)}`, () => os.homedir()],
    ])('a path that is %s', async (_what, given, expected) => {
      fs.writeFileSync(host.file('a-file'), '')
      const client = host.connect({ path: given() })
      expect(await client.ready()).toMatchObject({ workingDir: expected() })
    })

    test.each([['x'.repeat(5000)], ['../../etc'], ['a b%00"\u202e']])(
      'a strange id %#',
      async (sessionId) => {
        const client = host.connect({ sessionId, projectId: sessionId })
        const answer = await client.until('an answer', () => client.messages[0])
        expect(answer).toEqual(
          answer.type === 'error'
            ? { type: 'error', message: expect.any(String) }
            : expect.objectContaining({ sessionId }),
        )
      },
    )

    test('a git connection is told of the directory in its URL', async () => {
      const client = host.connect({}, { path: '/git/some-project' })
      expect(await client.message('git-status')).toMatchObject({
        projectId: 'some-project',
        projectPath: host.folder,
        status: null,
        error: { code: 'ERR_GIT_NO_REPOSITORY' },
      })
    })

    test.each(['/git', '/git/', '/git/a/b', '/git/%ff'])('%s is no WebSocket', async (path) => {
      const client = host.connect({}, { path })
      await client.until('the refusal', () => client.refused)
      expect(client.refused).toBe(404)
    })

    test('another path is no WebSocket', async () => {
      const client = host.connect({}, { path: '/elsewhere' })
      await client.until('the refusal', () => client.refused)
      expect(client.refused).toBe(404)
    })
  })
})

describe('with a screen', () => {
  test('a reconnection gets a picture of it as history, exactly once', async () => {
    const host = await startServer()
    try {
      const first = host.connect({ sessionId: 's' })
      await first.sees(PROMPT)
      first.type('echo on""ce\r')
      await first.sees(`once\r\n${PROMPT}`)
      const { end } = first
      await first.cut()
      const second = host.connect({ sessionId: 's' })
      await second.until('the history', () => second.end === end)
      expect(second.frames.map(({ type }) => type)).toEqual(['history'])
      expect(second.output.split('once').length).toBe(2)
      second.type('echo mo""re\r')
      await second.sees('more\r\n')
      expect(second.of('stream')).not.toContain('once')
    } finally {
      await host.stop()
    }
  })
})
