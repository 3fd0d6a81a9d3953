#!/usr/bin/env python3
"""Records the output of real programs in a pseudo terminal.

    record.py name cols rows command [wait:keys ...]

Keys are typed after so many seconds each; the output goes to
recordings/name-COLSxROWS.bin. What the program asks the terminal is answered
as far as it waits for it.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

ANSWERS = {b"\x1b[c": b"\x1b[?1;2c", b"\x1b[>c": b"\x1b[>0;276;0c", b"\x1b[6n": b"\x1b[1;1R"}


def main():
    name, cols, rows, command, *script = sys.argv[1:]
    cols, rows = int(cols), int(rows)
    pid, master = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8", LC_ALL="C.UTF-8")
        os.execvp("/bin/sh", ["/bin/sh", "-c", command])
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
    keys = []
    due = time.time()
    for step in script:
        wait, text = step.split(":", 1)
        due += float(wait)
        keys.append((due, text.encode().decode("unicode_escape").encode("latin1")))
    output = bytearray()
    end = due + 2
    while time.time() < end:
        if keys and time.time() >= keys[0][0]:
            os.write(master, keys.pop(0)[1])
        readable, _, _ = select.select([master], [], [], 0.02)
        if not readable:
            continue
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        if not data:
            break
        output += data
        for query, answer in ANSWERS.items():
            if query in data:
                os.write(master, answer)
    os.kill(pid, signal.SIGKILL)
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recordings")
    path = os.path.join(folder, f"{name}-{cols}x{rows}.bin")
    with open(path, "wb") as file:
        file.write(output)
    print(path, len(output))


main()
