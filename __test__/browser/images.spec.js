// What images do to the cursor: the screen against xterm.js with its image add-ons, in a browser.

const path = require('node:path')
const zlib = require('node:zlib')
const { SessionRegistry } = require('../..')
const { findBrowser, launchBrowser } = require('../helpers/browser')

const COLS = 60
const ROWS = 12

/** Each xterm.js with the add-on that is made for it. */
const KINDS = [
  { xterm: '6.0', core: '@xterm/xterm', addon: '@xterm/addon-image' },
  { xterm: '6.1', core: 'xterm-beta', addon: 'xterm-addon-image-beta' },
]
const forEachKind = findBrowser() ? describe.each(KINDS) : describe.skip.each(KINDS)

const scriptOf = (name, file) => path.join(path.dirname(require.resolve(`${name}/package.json`)), 'lib', file)

let browser
let images
beforeAll(async () => {
  if (!findBrowser()) return
  browser = await launchBrowser()
  images = await makeImages()
})
afterAll(() => browser?.close())

/** Images in base64, as a browser makes them; noise is too long for anybody to keep. */
async function makeImages() {
  const page = await browser.newPage()
  const make = (type, width, height, noisy = false) =>
    page.evaluate(
      async ([type, width, height, noisy]) => {
        const canvas = Object.assign(document.createElement('canvas'), { width, height })
        const context = canvas.getContext('2d')
        const pixels = context.createImageData(width, height)
        for (let at = 0; noisy && at < pixels.data.length; at++) pixels.data[at] = ((at * at) % 251) | 1
        context.putImageData(pixels, 0, 0)
        return canvas.toDataURL(type, 1).split(',')[1]
      },
      [type, width, height, noisy],
    )
  const made = {
    png: await make('image/png', 100, 60),
    tall: await make('image/png', 10, 900),
    wide: await make('image/png', 2000, 30),
    noise: await make('image/png', 300, 200, true),
    jpeg: await make('image/jpeg', 120, 90, true),
    photo: await make('image/jpeg', 400, 300, true),
    webp: await make('image/webp', 64, 48),
    gif: 'R0lGODlhHgA8AIAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==',
    // 20 by 40 pixels, all of one colour.
    qoi: Buffer.concat([
      Buffer.from('716f6966000000140000002804 00fe010203'.replaceAll(' ', ''), 'hex'),
      Buffer.alloc(12, 0xfd),
      Buffer.from([0xc0 | (799 - 12 * 62 - 1)]),
      Buffer.from('0000000000000001', 'hex'),
    ]).toString('base64'),
  }
  await page.close()
  return made
}

const sizeOf = (data) => Buffer.from(data, 'base64').length
const file = (data, fields = '') => `\x1b]1337;File=inline=1;size=${sizeOf(data)}${fields}:${data}\x07`
const kitty = (control, data) => `\x1b_G${control}${data === undefined ? '' : `;${data}`}\x1b\\`
const pieces = (data, length) => data.match(new RegExp(`.{1,${length}}`, 'g'))

/** Sequences by name. */
function sequences() {
  const { png, tall, wide, noise, jpeg, photo, webp, gif, qoi } = images
  const rgba = Buffer.alloc(50 * 30 * 4, 9).toString('base64')
  const rgb = Buffer.alloc(50 * 30 * 3, 9).toString('base64')
  const packed = zlib.deflateSync(Buffer.alloc(90 * 45 * 4, 9)).toString('base64')
  const chunks = pieces(png, 64)
  const inChunks = (control) =>
    chunks
      .map((data, at) => kitty(`${at ? '' : `${control},`}m=${at < chunks.length - 1 ? 1 : 0}`, data))
      .join('')
  const multipart = (fields, data) =>
    [
      `\x1b]1337;MultipartFile=inline=1${fields}\x07`,
      ...pieces(data, 100).map((part) => `\x1b]1337;FilePart=${part}\x07`),
      '\x1b]1337;FileEnd\x07',
    ].join('')
  return {
    ...Object.fromEntries(Object.entries(images).map(([name, data]) => [`a file: ${name}`, file(data)])),
    ...Object.fromEntries(
      [
        ';width=10',
        ';height=3',
        ';width=33px',
        ';height=33px',
        ';width=50%',
        ';height=25%',
        ';height=150%',
        ';width=200%',
        ';width=7;height=2',
        ';width=7;height=2;preserveAspectRatio=0',
        ';width=auto;height=4',
        ';width=0',
        ';width=5em',
        ';name=aGFsbG8=;width=4',
        ';name=hallo',
        ';width=100000px',
        ';type=image/png',
        ';;',
      ].map((fields) => [`a file with ${fields}`, file(png, fields)]),
    ),
    'a file at the right edge': `\x1b[1;57H${file(png)}`,
    'a file behind a full row': `${'x'.repeat(COLS)}${file(png)}`,
    'a file in margins': `\x1b[2;5r\x1b[3;3H${file(jpeg)}`,
    'a file at the bottom': `\x1b[12;4H${file(jpeg)}`,
    'a file in the alternate buffer': `\x1b[?1049h\x1b[12;4H${file(jpeg)}`,
    'a file while sixels do not scroll': `\x1b[?80h${file(png)}`,
    'a file of another size': file(png).replace(/size=\d+/, 'size=12'),
    'a file of no size': file(png).replace(/size=\d+/, ''),
    'a file to download': file(png).replace('inline=1', 'inline=0'),
    'a file with blanks in it': file(`${png.slice(0, 40)} ${png.slice(40)}`),
    'a file that is cut short': file(png.slice(0, 24)),
    'a file that is no image': file(Buffer.alloc(99, 'text').toString('base64')),
    'a file without its padding': file(gif.replaceAll('=', '')),
    'a file that is cancelled': file(png).replace('\x07', '\x18'),
    'a file in pieces': multipart(';width=9', png),
    'a file in pieces, as it is': multipart('', photo),
    'a piece of none': `\x1b]1337;FilePart=${png}\x07\x1b]1337;FileEnd\x07`,
    'a file while another comes in pieces': multipart('', png).replace('\x1b]1337;FileEnd\x07', file(jpeg)),
    sixels: '\x1bPq"1;1;100;60#0~~\x1b\\',
    ...Object.fromEntries(
      Object.entries(images).map(([name, data]) => [`kitty: ${name}`, kitty('a=T,f=100,q=2', data)]),
    ),
    ...Object.fromEntries(
      [
        'c=7',
        'r=3',
        'c=7,r=4',
        'c=200,r=2',
        'c=0',
        'r=-1',
        'c=x',
        'C=1',
        'C=1,r=5',
        'x=20,y=30',
        'w=13,h=14',
        'x=90,w=50',
        'x=100',
        'X=3,Y=6',
        'X=300,Y=600',
        'X=4,Y=5,c=3',
        'X=4,Y=5,c=3,r=2',
        'z=-1',
        'i=1,I=2',
        't=f',
        'a=q',
        'c=9000,r=9000',
      ].map((control) => [`kitty with ${control}`, kitty(`a=T,f=100,q=2,${control}`, png)]),
    ),
    'kitty: RGBA': kitty('a=T,q=2,s=50,v=30', rgba),
    'kitty: RGB': kitty('a=T,q=2,f=24,s=50,v=30', rgb),
    'kitty: too few pixels': kitty('a=T,q=2,s=50,v=31', rgba),
    'kitty: no size': kitty('a=T,q=2', rgba),
    'kitty: packed': kitty('a=T,q=2,s=90,v=45,o=z', packed),
    'kitty: in pieces': inChunks('a=T,f=100,q=2'),
    'kitty: in pieces, named': inChunks('a=T,f=100,q=2,i=4,c=5'),
    'kitty: no base64': kitty('a=T,f=100,q=2', `${png.slice(0, 8)}\r${png.slice(8)}`),
    'kitty: at the bottom': `\x1b[12;4H${kitty('a=T,f=100,q=2,C=1', jpeg)}`,
    'kitty: at the right edge': `\x1b[1;57H${kitty('a=T,f=100,q=2', png)}`,
    'kitty: transmitted, then shown': kitty('i=3,f=100,q=2', png) + kitty('a=p,i=3,q=2,r=6'),
    'kitty: transmitted only': kitty('i=3,f=100,q=2', png),
    'kitty: deleted, then shown': kitty('i=3,f=100,q=2', png) + kitty('a=d,d=i,i=3') + kitty('a=p,i=3,q=2'),
    'kitty: reset, then shown': `${kitty('i=3,f=100,q=2', png)}\x1b[!p${kitty('a=p,i=3,q=2')}`,
    'kitty: gone with the alternate buffer': [
      kitty('i=3,f=100,q=2', png),
      `\x1b[?1049h${kitty('a=p,i=3,q=2')}\x1b[?1049l`,
      kitty('a=p,i=3,q=2'),
    ].join(''),
    'kitty: without data': kitty('a=T,f=100,q=2'),
    'a long file': file(noise, ';width=20'),
    'a long command': kitty('a=T,f=100,q=2,r=7', noise),
    'wide and tall': file(wide) + file(tall) + file(webp, ';height=2') + file(qoi, ';height=2'),
  }
}

forEachKind('xterm.js $xterm', ({ xterm, core, addon }) => {
  let page
  let registry
  let pixels
  beforeAll(async () => {
    page = await browser.newPage({ viewport: { width: 1000, height: 700 } })
    await page.setContent('<div id="here"></div>')
    await page.addScriptTag({ path: scriptOf(core, 'xterm.js') })
    await page.addScriptTag({ path: scriptOf(addon, 'addon-image.js') })
    pixels = await page.evaluate(
      ([cols, rows]) => {
        window.terminal = new Terminal({ cols, rows, allowProposedApi: true, fontSize: 13 })
        terminal.open(document.getElementById('here'))
        terminal.loadAddon(new ImageAddon.ImageAddon())
        const { width, height } = terminal._core._renderService.dimensions.css.canvas
        return { width, height }
      },
      [COLS, ROWS],
    )
    registry = new SessionRegistry({ spawnsPerMinute: 0 })
  })
  afterAll(async () => {
    registry?.shutdown()
    await page?.close()
  })

  /** Where the cursor is in the browser after all of these, and how far the terminal has scrolled. */
  const theirs = (...data) =>
    page.evaluate(async (list) => {
      terminal.reset()
      for (const data of list) await new Promise((resolve) => terminal.write(data, resolve))
      const { cursorX, cursorY, baseY, type } = terminal.buffer.active
      return [cursorX, cursorY, baseY, type].join()
    }, data)

  function sessionWith(text) {
    const session = registry.create({ screen: { images: true, xtermVersion: xterm } })
    session.resize(COLS, ROWS, pixels)
    session.append(text)
    return session
  }

  /** What a client is sent, as text. */
  function snapshotOf(session) {
    const { data } = session.snapshot()
    return Buffer.from(data).toString('latin1')
  }

  test('images move the cursor as the add-on does', async () => {
    const [seen, ours] = [{}, {}]
    for (const [name, text] of Object.entries(sequences())) {
      const session = sessionWith(`ab${text}`)
      // The cursor is all that is left to draw.
      ours[name] = await theirs(snapshotOf(session))
      seen[name] = await theirs(`ab${text}`)
      session.close()
    }
    expect(ours).toEqual(seen)
    expect(new Set(Object.values(seen)).size).toBeGreaterThan(10)
  }, 300_000)

  test('a client that comes in the middle of an image ends where the others do', async () => {
    const [seen, joined] = [{}, {}]
    for (const [name, text] of Object.entries(sequences())) {
      for (const part of [0.1, 0.5, 0.98]) {
        const at = Math.floor(text.length * part)
        const session = sessionWith(`ab${text.slice(0, at)}`)
        joined[`${name}, ${part}`] = await theirs(snapshotOf(session), text.slice(at))
        session.append(text.slice(at))
        seen[`${name}, ${part}`] = await theirs(snapshotOf(session))
        session.close()
      }
    }
    expect(joined).toEqual(seen)
  }, 300_000)
})
