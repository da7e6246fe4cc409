"""Runs a program in a pseudo-terminal; JSON lines in, JSON lines out."""
import base64, fcntl, json, os, pty, select, signal, struct, sys, termios

columns, rows = int(sys.argv[1]), int(sys.argv[2])
pid, master = pty.fork()
if pid == 0:
    os.execvp(sys.argv[3], sys.argv[3:])


def resize(columns, rows):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def say(**fields):
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def modes():
    return repr(termios.tcgetattr(master)[:6])


resize(columns, rows)
say(pid=pid)
pending = b""
while True:
    ready, _, _ = select.select([master, 0], [], [])
    if master in ready:
        try:
            data = os.read(master, 65536)
        except OSError:
            data = b""
        if not data:
            break
        say(out=base64.b64encode(data).decode())
    if 0 in ready:
        data = os.read(0, 65536)
        if not data:
            os.kill(pid, signal.SIGKILL)
            break
        *lines, pending = (pending + data).split(b"\n")
        for line in lines:
            order = json.loads(line)
            if "write" in order:
                os.write(master, base64.b64decode(order["write"]))
            elif "resize" in order:
                resize(*order["resize"])
            elif "modes" in order:
                say(modes=modes())
_, status = os.waitpid(pid, 0)
say(exit=os.waitstatus_to_exitcode(status))
