/** The server's own figures, in one line. */
async function printMemory(url, label) {
  const stats = await (await fetch(`${url}/api/stats`)).json()
  const mb = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`
  const { heapUsed, rss, nativeBytes, sessions, viewers } = stats
  console.log(
    `${label}: heap ${mb(heapUsed)}, RSS ${mb(rss)}, native ${mb(nativeBytes)}, ` +
      `${sessions} sessions, ${viewers} viewers`,
  )
  return stats
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

module.exports = { printMemory, sleep }
