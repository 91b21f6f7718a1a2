"""`fork_client.py SOCKET ARGUMENTS`: one command line in a fork of tests/forks.py, behind the streams of this process."""

import json
import os
import socket
import sys

with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(sys.argv[1])
    request = {"cwd": os.getcwd(), "arguments": sys.argv[2:], "env": dict(os.environ)}  # noqa: PTH109
    data = json.dumps(request).encode() + b"\n"
    sent = socket.send_fds(connection, [data], [0, 1, 2])
    connection.sendall(data[sent:])
    code = connection.recv(16)
os._exit(int(code) if code else 1)
