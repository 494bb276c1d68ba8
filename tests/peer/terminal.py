"""Programs at a terminal of their own: what they ask, what is typed, what the terminal showed."""
import os
import pty
import select
import signal
import time


def heed_signals():
    """Between fork and exec: signals that a background run ignores count again."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM, signal.SIGTSTP):
        signal.signal(number, signal.SIG_DFL)


def at_terminal(args, env, answers=(), seconds=30, stdout=None):
    """Runs a program at a new terminal; answers its prompts (they end with ": " or "[y/n] ") in turn.

    Answers (exit code, what the terminal showed); -1 when it took too long. `stdout` is a file for the
    program's standard output instead of the terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            heed_signals()
            if stdout is not None:
                os.dup2(stdout, 1)
            os.execvpe(args[0], args, env)
        finally:
            os._exit(99)
    shown, asked, end = b"", 0, time.monotonic() + seconds
    waiting = list(answers)
    while True:
        ready, _, _ = select.select([terminal], [], [], max(0, end - time.monotonic()))
        if not ready:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(terminal)
            return -1, shown.decode(errors="replace")
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            piece = b""
        if not piece:
            break
        shown += piece
        if waiting and shown[asked:].endswith((b": ", b"[y/n] ")):
            time.sleep(0.1)  # until echo is off: what is typed before shows
            os.write(terminal, waiting.pop(0).encode() + b"\n")
            asked = len(shown)
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), shown.decode(errors="replace").replace("\r\n", "\n")
