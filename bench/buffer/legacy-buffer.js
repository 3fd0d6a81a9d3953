/** What the app did with its output: a growing string that is sliced, and an array of chunks. */
class LegacyBuffer {
  outputBuffer = ''
  chunks = []

  write(data) {
    const text = typeof data === 'string' ? data : data.toString()
    this.outputBuffer += text
    if (this.outputBuffer.length > 10240) this.outputBuffer = this.outputBuffer.slice(-10240)
    this.chunks.push(text)
    if (this.chunks.length > 500) this.chunks.shift()
  }
}

module.exports = { LegacyBuffer }
