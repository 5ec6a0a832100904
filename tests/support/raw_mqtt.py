"""A plain MQTT 3.1.1 publisher over a socket: any bytes as payload, any topic, and it knows what was acknowledged.

    with RawClient(broker.port, user, password) as c:
        c.publish("ioc/v1/…/telemetry", b"\\xff…")      # True once the broker acknowledged it
        c.subscribe("ioc/v1/…/receipt"); c.receive(1.0)  # [(topic, payload)]
"""

import os
import socket
import time


def _text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return len(data).to_bytes(2, "big") + data


def _packet(head, body):
    length, out = len(body), bytearray([head])
    while True:
        low, length = length & 0x7F, length >> 7
        out.append(low | 0x80 if length else low)
        if not length:
            return bytes(out) + body


class RawClient:
    """One connection, single-threaded. Messages that arrive while it waits for something else are kept for receive()."""

    def __init__(self, port, user, password, client_id=None, clean=True, keep_alive=300):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.buffer, self.inbox, self.last_id = b"", [], 0
        flags = 0xC0 | (2 if clean else 0)
        body = _text("MQTT") + bytes([4, flags]) + keep_alive.to_bytes(2, "big") + _text(client_id or f"raw-{os.getpid()}-{id(self)}") + _text(user) + _text(password)
        self.socket.sendall(_packet(0x10, body))
        head, answer = self._next(10)
        if head >> 4 != 2 or answer[1] != 0:
            raise OSError(f"the broker refuses the connection: {answer!r}")

    def _next(self, seconds):
        """(first byte, body) of the next packet, or None after so many seconds. OSError when the connection is over."""
        until = time.monotonic() + seconds
        while True:
            at, length, shift = 1, 0, 0
            while at < len(self.buffer):
                byte = self.buffer[at]
                length |= (byte & 0x7F) << shift
                shift, at = shift + 7, at + 1
                if not byte & 0x80:
                    if len(self.buffer) >= at + length:
                        found = self.buffer[0], self.buffer[at:at + length]
                        self.buffer = self.buffer[at + length:]
                        return found
                    break
            left = until - time.monotonic()
            if left <= 0:
                return None
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                return None
            if not data:
                raise OSError("the broker closed the connection")
            self.buffer += data

    def _take(self, packet):
        head, body = packet
        if head >> 4 != 3:
            return
        size = int.from_bytes(body[:2], "big")
        topic, rest = body[2:2 + size].decode("utf-8", "replace"), body[2 + size:]
        if head & 6:
            self.socket.sendall(b"\x40\x02" + rest[:2])
            rest = rest[2:]
        self.inbox.append((topic, rest))

    def _wait(self, kind, packet_id, seconds):
        until = time.monotonic() + seconds
        while (packet := self._next(max(until - time.monotonic(), 0))) is not None:
            if packet[0] >> 4 == kind and packet[1][:2] == packet_id:
                return packet[1]
            self._take(packet)
        return None

    def _id(self):
        self.last_id = self.last_id % 65535 + 1
        return self.last_id.to_bytes(2, "big")

    def publish(self, topic, payload, retain=False, seconds=10.0):
        packet_id = self._id()
        data = payload if isinstance(payload, bytes) else payload.encode()
        self.socket.sendall(_packet(0x32 | (1 if retain else 0), _text(topic) + packet_id + data))
        return self._wait(4, packet_id, seconds) is not None

    def subscribe(self, topic):
        packet_id = self._id()
        self.socket.sendall(_packet(0x82, packet_id + _text(topic) + b"\x01"))
        answer = self._wait(9, packet_id, 10)
        return answer is not None and answer[2] < 0x80

    def receive(self, seconds):
        """What arrived so far, and within so many seconds when nothing has."""
        until = time.monotonic() + seconds
        while not self.inbox and (packet := self._next(max(until - time.monotonic(), 0))) is not None:
            self._take(packet)
        while (packet := self._next(0)) is not None:
            self._take(packet)
        found, self.inbox = self.inbox, []
        return found

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
