/** A process of this folder that answers one message at a time. */

const { fork } = require('node:child_process')
const path = require('node:path')

class Helper {
  /**
   * @param {string} script its name in this folder
   * @param {string[]} [args]
   * @param {object} [options] of `fork`
   */
  constructor(script, args = [], options = {}) {
    this.child = fork(path.join(__dirname, script), args, options)
    this.died = new Promise((_resolve, reject) => {
      this.child.once('exit', (code, signal) => reject(new Error(`died of ${signal ?? `status ${code}`}`)))
    })
    // Also when nobody waits for it at the moment.
    this.died.catch(() => {})
  }

  answer() {
    const answer = new Promise((resolve) => this.child.once('message', resolve))
    return Promise.race([answer, this.died])
  }

  ask(message) {
    if (this.child.connected) this.child.send(message)
    return this.answer()
  }

  stop() {
    this.child.kill('SIGKILL')
  }
}

module.exports = { Helper }
