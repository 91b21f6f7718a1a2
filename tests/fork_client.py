"""`fork_client.py SOCKET PROGRAM ARGUMENTS`: a command line in a fork of tests/forks.py, behind this process's streams.

Signals that a command line answers are passed on to it; its exit code is that of this process.
"""

import json
import os
import signal
import socket
import sys
import time

with socket.socket(socket.AF_UNIX) as connection:
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"):
        signal.signal(getattr(signal, name), lambda number, frame: connection.sendall(bytes([number])))
    until = time.monotonic() + 60
    while True:
        try:
            connection.connect(sys.argv[1])
            break
        except (FileNotFoundError, ConnectionRefusedError):  # the process that listens has only just begun
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
    request = {"cwd": os.getcwd(), "program": sys.argv[2], "arguments": sys.argv[3:], "env": dict(os.environ)}  # noqa: PTH109
    data = json.dumps(request).encode() + b"\n"
    sent = socket.send_fds(connection, [data], [0, 1, 2])
    connection.sendall(data[sent:])
    code = connection.recv(16)
os._exit(int(code) if code else 1)
