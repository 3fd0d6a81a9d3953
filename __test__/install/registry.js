const { spawn, execFileSync } = require('node:child_process')
const fs = require('node:fs')
const net = require('node:net')
const path = require('node:path')

const ours = 'offheap-terminal*'

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

/** Our packages live in this registry alone; all others come through it. */
function configuration(folder, uplink) {
  const config = {
    storage: path.join(folder, 'storage'),
    auth: { htpasswd: { file: path.join(folder, 'htpasswd'), max_users: -1 } },
    uplinks: { upstream: { url: uplink, cache: true, timeout: '60s', max_fails: 20 } },
    packages: {
      [ours]: { access: '$all', publish: '$all' },
      '**': { access: '$all', proxy: 'upstream' },
    },
    log: { type: 'file', path: path.join(folder, 'verdaccio.log'), level: 'warn' },
  }
  const file = path.join(folder, 'config.json')
  fs.writeFileSync(file, JSON.stringify(config))
  return file
}

async function answers(url) {
  for (let attempt = 0; attempt < 300; attempt++) {
    try {
      if ((await fetch(`${url}-/ping`)).ok) return
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`The registry at ${url} does not answer`)
}

/**
 * Starts Verdaccio on loopback, with all its data in `folder`.
 *
 * @returns Its `url`, and `stop()`.
 */
async function startRegistry(folder, verdaccio) {
  const npmrc = execFileSync('npm', ['config', 'get', 'registry'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const config = configuration(folder, npmrc.trim())
  const url = `http://127.0.0.1:${await freePort()}/`
  const child = spawn(process.execPath, [verdaccio, '--config', config, '--listen', url], { stdio: 'ignore' })
  await answers(url)
  const gone = new Promise((resolve) => child.once('exit', resolve))
  const stop = () => {
    child.kill()
    return gone
  }
  return { url, stop }
}

module.exports = { startRegistry }
