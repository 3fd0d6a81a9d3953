"""A bare loop that reads a terminal and throws the bytes away: the ceiling."""

import json
import os
import pty
import resource
import sys
import time

path = sys.argv[1]
start = time.monotonic()
pid, master = pty.fork()
if pid == 0:
    os.execvp("cat", ["cat", path])
total = 0
while True:
    try:
        chunk = os.read(master, 65536)
    except OSError:
        break
    if not chunk:
        break
    total += len(chunk)
seconds = time.monotonic() - start
os.waitpid(pid, 0)
usage = resource.getrusage(resource.RUSAGE_SELF)
size = os.path.getsize(path) / 1e6
print(json.dumps({
    "mbPerSecond": size / seconds,
    "userMsPerMb": usage.ru_utime * 1000 / size,
    "cpuMsPerMb": (usage.ru_utime + usage.ru_stime) * 1000 / size,
    "bytes": total,
}))
