"""A viewer: just enough of a WebSocket client (RFC 6455, text frames) to see when a reading reaches the stream."""

import base64
import json
import os
import socket
import struct
import time
from urllib.parse import urlparse


class Viewer:
    """One connection to /api/v1/stream. frames() yields (time of arrival, parsed JSON); single-threaded."""

    def __init__(self, http, token):
        where = urlparse(http)
        self.socket = socket.create_connection((where.hostname, where.port), timeout=10)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET /api/v1/stream HTTP/1.1\r\nHost: {where.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
                             f"Sec-WebSocket-Version: 13\r\nAuthorization: Bearer {token}\r\n\r\n").encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        if b" 101 " not in head.splitlines()[0]:
            raise OSError(f"no WebSocket: {head.splitlines()[0]!r}")

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise OSError("the server closed the stream")
        self.buffer += data

    def _write(self, opcode, data):
        mask = os.urandom(4)
        size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0xFE]) + struct.pack(">H", len(data))
        self.socket.sendall(bytes([0x80 | opcode]) + size + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def send(self, message):
        self._write(1, json.dumps(message).encode())

    def frames(self, seconds):
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            while True:
                size, at = (self.buffer[1] & 0x7F, 2) if len(self.buffer) >= 2 else (1 << 62, 2)
                if size == 126:
                    size, at = (int.from_bytes(self.buffer[2:4], "big"), 4) if len(self.buffer) >= 4 else (1 << 62, 4)
                elif size == 127:
                    size, at = (int.from_bytes(self.buffer[2:10], "big"), 10) if len(self.buffer) >= 10 else (1 << 62, 10)
                if len(self.buffer) < at + size:
                    break
                opcode, data = self.buffer[0] & 0x0F, self.buffer[at:at + size]
                self.buffer = self.buffer[at + size:]
                if opcode == 9:
                    self._write(10, data)
                elif opcode == 1:
                    yield time.time(), json.loads(data)
            self.socket.settimeout(max(left, 0.01))
            try:
                self._more()
            except TimeoutError:
                return

    def close(self):
        self.socket.close()
