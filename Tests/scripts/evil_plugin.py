"""A program of an external tool that behaves as no such program should: evil_plugin.py HOW [ARGUMENT...].

Only the standard library. Descriptor 3 has frames, 4 takes answers, 1 and 2 are the log.
"""
import ctypes
import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time


def hello():
    os.write(4, b'{"type":"hello","protocol":1,"tools":["evil"]}\n')


def wait():
    """Until there are no frames any more."""
    while os.read(3, 1 << 16):
        pass


def answer(text):
    """Says a line, once it is asked to."""
    os.read(3, 1)
    os.write(4, text.encode() + b"\n")


def sleep():
    while True:
        time.sleep(1000)


def say(text):
    os.write(2, text.encode() + b"\n")


def fork(body):
    process = os.fork()
    if process == 0:
        body()
        os._exit(0)
    return process


def attempt(body):
    """The errno of what was refused; 0 of what was let."""
    try:
        body()
        return 0
    except OSError as error:
        return error.errno
    except ValueError:
        # What Python makes of EPERM where a limit was to be raised.
        return errno.EPERM


def call(number, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def read(path):
    with open(path, "rb") as file:
        file.read(1)


def write(path):
    with open(path, "wb") as file:
        file.write(b"x")


def connect(path, kind):
    with socket.socket(socket.AF_UNIX, kind) as end:
        end.connect(path)


def pair():
    left, right = socket.socketpair()
    left.send(b"x")
    assert right.recv(1) == b"x"


def probe(video, other, run):
    here, temporary = os.path.abspath(__file__), os.environ["HOME"]
    machine = os.uname().machine
    ptrace, unshare, mount = {"x86_64": (101, 272, 165), "aarch64": (117, 97, 40)}[machine]
    own = os.path.join(temporary, "own")
    os.close(os.open(own, os.O_CREAT | os.O_WRONLY, 0o700))
    return {
        "read its video": attempt(lambda: read(video)),
        "read another video": attempt(lambda: read(other)),
        "list the videos": attempt(lambda: os.listdir(os.path.dirname(other))),
        "read passwd": attempt(lambda: read("/etc/passwd")),
        "read the parent's environment": attempt(lambda: read("/proc/%d/environ" % os.getppid())),
        "read itself": attempt(lambda: read(here)),
        "change itself": attempt(lambda: open(here, "ab").close()),
        "write beside the videos": attempt(lambda: write(other + ".new")),
        "write to the temporary folder": attempt(lambda: write(os.path.join(temporary, "new"))),
        "write to null": attempt(lambda: write("/dev/null")),
        "change a mode": attempt(lambda: os.chmod(own, 0o777)),
        "run a program": attempt(lambda: subprocess.run(["/bin/true"], check=True)),
        "run one of its own making": attempt(lambda: subprocess.run([own])),
        "import hashlib and ssl": attempt(lambda: (__import__("hashlib").sha256(b""), __import__("ssl"))),
        "a pair of sockets": attempt(pair),
        "TCP": attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM)),
        "TCP 6": attempt(lambda: socket.socket(socket.AF_INET6, socket.SOCK_STREAM)),
        "UDP": attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)),
        "netlink": attempt(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)),
        "a Unix socket with a name": attempt(lambda: connect("/nowhere/socket", socket.SOCK_STREAM)),
        "a Unix datagram": attempt(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)),
        "setsid": attempt(os.setsid),
        "setpgid": attempt(lambda: os.setpgid(0, 0)),
        "ptrace": attempt(lambda: call(ptrace, 0x4206, os.getppid(), 0, 0)),
        "unshare": attempt(lambda: call(unshare, 0x10000000)),
        "mount": attempt(lambda: call(mount, b"none", b"/tmp", b"tmpfs", 0, 0)),
        "io_uring": attempt(lambda: call(425, 8, ctypes.create_string_buffer(256))),
        "pidfd": attempt(lambda: call(434, os.getppid(), 0)),
        # With signal 0 nothing happens where it is let.
        "signal the parent": attempt(lambda: os.kill(os.getppid(), 0)),
        "signal the run": attempt(lambda: os.kill(int(run), 0)),
        "signal all": attempt(lambda: os.kill(-1, 0)),
        "signal the group": attempt(lambda: os.kill(0, 0)),
        "signal itself": attempt(lambda: os.kill(os.getpid(), 0)),
        "raise a limit": attempt(lambda: __import__("resource").setrlimit(4, (-1, -1))),
    }


def double_fork():
    fork(lambda: fork(sleep))
    os.wait()


def main(how, *arguments):
    if how == "silent":
        sleep()
    if how == "words":
        os.write(4, b"hi there\n")
        sleep()
    if how == "endless":
        while True:
            os.write(4, b"x" * 4096)
    if how == "old":
        os.write(4, b'{"type":"hello","protocol":2,"tools":["evil"]}\n')
        sleep()
    if how == "early":
        os.write(4, b'{"type":"hello","protocol":1,"tools":["evil"]}\n{"type":"begun"}\n')
        sleep()
    if how == "dies":
        say("no model here")
        sys.exit(9)
    if how == "ignores":
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
    hello()
    if how == "good":
        wait()
    elif how == "facts":
        # Signals that are ignored or blocked would stay so.
        status = dict(line.split(":\t") for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
        facts = {name: status[name].strip() for name in ("SigBlk", "SigIgn", "CapPrm", "NoNewPrivs", "Seccomp")}
        facts["descriptors"] = sorted(int(name) for name in os.listdir("/proc/self/fd"))[:5]
        facts["environment"] = dict(os.environ)
        facts["folder"] = os.getcwd()
        facts["nice"] = os.getpriority(os.PRIO_PROCESS, 0)
        answer(json.dumps(facts))
        wait()
    elif how == "probe":
        answer(json.dumps(probe(*arguments)))
        wait()
    elif how == "exit":
        say("leaving")
        sys.exit(3)
    elif how == "segv":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif how in ("hang", "ignores"):
        sleep()
    elif how == "stderr":
        line = (b"x" * 99 + b"\n") * 10000
        for _ in range(int(arguments[0])):
            os.write(2, line)
        say("the last line")
        answer("done")
        wait()
    elif how == "daemon":
        double_fork()
        answer("done")
        wait()
    elif how == "forks":
        for _ in range(400):
            fork(sleep)
        wait()
    elif how == "serial":
        # Many, but one at a time.
        for _ in range(100):
            subprocess.run(["/bin/true"], check=True)
    elif how == "bomb":
        while True:
            attempt(os.fork)
    elif how == "memory":
        try:
            bytearray(8 << 30)
        except MemoryError:
            say("MemoryError")
            sys.exit(5)
    elif how == "together":
        # Each within its address space, together over it.
        def fill():
            held = bytearray(200 << 20)
            for place in range(0, len(held), 4096):
                held[place] = 1
            sleep()
        for _ in range(4):
            fork(fill)
        wait()
    elif how == "closes":
        for descriptor in range(5):
            os.close(descriptor)
        sleep()
    elif how == "holder":
        # Holds descriptor 4 on, so that it does not end with the program.
        fork(sleep)
        sys.exit(0)
    elif how == "setsid":
        fork(lambda: (attempt(os.setsid), fork(lambda: (attempt(os.setsid), sleep())), sleep()))
        wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
