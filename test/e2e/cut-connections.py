"""cut-connections.py PID: shuts down every connected UNIX stream socket of a process from outside.

The kernel gives a duplicate of another process's descriptor (pidfd_getfd), and shutdown on it ends the connection for
both sides: what a crash of the connection looks like, with both processes alive.
"""
import ctypes
import os
import socket
import sys

PIDFD_OPEN, PIDFD_GETFD = 434, 438
libc = ctypes.CDLL(None, use_errno=True)
pid = int(sys.argv[1])
pidfd = libc.syscall(PIDFD_OPEN, pid, 0)
if pidfd < 0:
    sys.exit(f"pidfd_open({pid}): {os.strerror(ctypes.get_errno())}")
cut = 0
for name in os.listdir(f"/proc/{pid}/fd"):
    try:
        if int(name) < 3 or not os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:"):
            continue
    except FileNotFoundError:
        continue
    fd = libc.syscall(PIDFD_GETFD, pidfd, int(name), 0)
    if fd < 0:
        continue
    with socket.socket(fileno=fd) as duplicate:
        if duplicate.family == socket.AF_UNIX and duplicate.type == socket.SOCK_STREAM:
            try:
                duplicate.getpeername()
                duplicate.shutdown(socket.SHUT_RDWR)
                cut += 1
            except OSError:
                pass
print(cut)
