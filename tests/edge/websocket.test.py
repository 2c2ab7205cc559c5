"""RFC 6455 as clients that are not ours speak it: Python's websockets, and frames made by hand.

What is expected is what the RFC says; where libwebsockets 4.1.6 does otherwise, the class Known says what and why.

Every message of /engine.io/ comes back: what is sent as "4x" (text) or as bytes.
"""
import asyncio
import base64
import hashlib
import json
import os
import socket
import struct
import subprocess
import unittest
import urllib.request

import websockets

BIN = os.environ.get("WARREN_BIN", "build/bin")
PATH = "/engine.io/?EIO=4&transport=websocket"
MAX_PAYLOAD = 1000000
# No answer is slower; one that takes this long has not come.
PATIENCE_S = 60 * int(os.environ.get("TEST_SLOW") or 1)  # a backstop
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


class Server:
    """The edge's fixture server on a free port; a sanitizer's complaint fails the test."""

    def __init__(self, *args):
        self.process = subprocess.Popen(
            [os.path.join(BIN, "edge_fixture_server"), *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.port = int(self.process.stdout.readline().split()[1])
        self.url = f"ws://127.0.0.1:{self.port}{PATH}"

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE_S) as answer:
            return answer.read().decode()

    def post(self, path, body):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", body.encode(), timeout=PATIENCE_S) as answer:
            return answer.read().decode()

    def counters(self):
        return json.loads(self.get("/counters"))

    def stop(self):
        self.process.terminate()
        _, errors = self.process.communicate(timeout=PATIENCE_S)
        assert (self.process.returncode, errors) == (0, b""), (self.process.returncode, errors.decode())


def frame(opcode, payload=b"", final=True, masked=True, reserved=0, announced=None):
    """The bytes of one frame; `announced` is a length that is said instead of the payload's own."""
    payload = payload.encode() if isinstance(payload, str) else payload
    size = len(payload) if announced is None else announced
    first = final << 7 | reserved << 4 | opcode
    mask_bit = masked << 7
    if size < 126:
        head = bytes([first, mask_bit | size])
    elif size < 1 << 16:
        head = struct.pack(">BBH", first, mask_bit | 126, size)
    else:
        head = struct.pack(">BBQ", first, mask_bit | 127, size)
    if not masked:
        return head + payload
    mask = b"\x1a\x2b\x3c\x4d"
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def closing(code, reason=b""):
    return frame(CLOSE, struct.pack(">H", code) + reason)


class Raw:
    """A WebSocket of which each byte is ours."""

    def __init__(self, port, handshake=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        if handshake is None:
            self.key = base64.b64encode(os.urandom(16)).decode()
            self.send(request(key=self.key))
            self.head = self.read_head()
            assert self.head.startswith("HTTP/1.1 101 "), self.head
            assert self.take_message()[1].startswith(b"0{"), "the open packet"
        else:
            self.send(handshake)
            self.head = self.read_head()

    def send(self, *pieces):
        self.socket.sendall(b"".join(pieces))

    def fill(self):
        """Reads more; returns False at the end."""
        try:
            more = self.socket.recv(65536)
        except ConnectionResetError:
            more = b""
        self.received += more
        return bool(more)

    def read_head(self):
        while b"\r\n\r\n" not in self.received:
            if not self.fill():
                break
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        return head.decode()

    def take(self, size):
        while len(self.received) < size:
            if not self.fill():
                raise EOFError(f"{size} bytes were awaited, then came {self.received!r}")
        taken, self.received = self.received[:size], self.received[size:]
        return taken

    def next(self):
        """The next frame: (final, opcode, payload).  What a server sends is not masked, and nothing is reserved."""
        first, second = self.take(2)
        assert not first & 0x70 and not second & 0x80, (first, second)
        size = second
        if size == 126:
            size = struct.unpack(">H", self.take(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self.take(8))[0]
        return bool(first & 0x80), first & 15, self.take(size)

    def take_message(self):
        final, opcode, payload = self.next()
        while not final:
            final, continuation, more = self.next()
            assert continuation == CONTINUATION, continuation
            payload += more
        return opcode, payload

    def closed_with(self):
        """Reads to the close frame and to the end of the connection.  Returns the code and the reason."""
        while True:
            _, opcode, payload = self.next()
            if opcode == CLOSE:
                break
        self.send_if_open(frame(CLOSE, payload[:2]))
        self.end()
        while self.fill():
            pass
        assert self.received == b"", f"after the close frame came {self.received!r}"
        self.socket.close()
        return (struct.unpack(">H", payload[:2])[0], payload[2:]) if payload else (None, b"")

    def send_if_open(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def end(self):
        """Sends no more: what a client does when it is told that it broke the rules."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def leave(self):
        self.socket.close()


def request(key="dGhlIHNhbXBsZSBub25jZQ==", drop=(), path=PATH, **changes):
    """The handshake's bytes, with some headers dropped and some changed or added (`_` stands for `-`)."""
    headers = {
        "Host": "127.0.0.1",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Version": "13",
    }
    for name, value in changes.items():
        headers[name.replace("_", "-")] = value
    lines = [f"{name}: {value}" for name, value in headers.items() if name not in drop]
    return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode()


class Edge(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--ping-interval", "60000")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def raw(self, handshake=None):
        raw = Raw(self.server.port, handshake)
        self.addCleanup(raw.leave)
        return raw

    def echoes(self, raw, text="4still there"):
        raw.send(frame(TEXT, text))
        self.assertEqual(raw.take_message(), (TEXT, text.encode()))


class Messages(Edge):
    def test_text_and_binary_of_every_length_form(self):
        raw = self.raw()
        for size in (0, 1, 124, 125, 126, 127, 255, 256, 257, 65534, 65535, 65536, 65537, 300000):
            raw.send(frame(TEXT, b"4" + b"x" * size))
            self.assertEqual(raw.take_message(), (TEXT, b"4" + b"x" * size))
            if size:
                payload = os.urandom(size)
                raw.send(frame(BINARY, payload))
                self.assertEqual(raw.take_message(), (BINARY, payload))

    def test_an_empty_binary_message(self):
        raw = self.raw()
        raw.send(frame(BINARY))
        self.assertEqual(raw.take_message(), (BINARY, b""))

    def test_the_largest_and_one_more(self):
        raw = self.raw()
        raw.send(frame(BINARY, b"x" * MAX_PAYLOAD))
        self.assertEqual(raw.take_message(), (BINARY, b"x" * MAX_PAYLOAD))
        raw.send(frame(BINARY, b"x" * (MAX_PAYLOAD + 1)))
        self.assertEqual(raw.closed_with()[0], 1009)

    def test_fragments_of_text_with_pings_in_between(self):
        raw = self.raw()
        text = "4" + "Grüße, 世界! " * 50
        data = text.encode()
        # Characters are cut, too: only the whole message is UTF-8.
        pieces = [data[i:i + 7] for i in range(0, len(data), 7)]
        raw.send(frame(TEXT, pieces[0], final=False))
        for number, piece in enumerate(pieces[1:-1]):
            raw.send(frame(CONTINUATION, piece, final=False), frame(PING, f"ping {number}"))
            self.assertEqual(raw.next(), (True, PONG, f"ping {number}".encode()))
        raw.send(frame(CONTINUATION, pieces[-1]))
        self.assertEqual(raw.take_message(), (TEXT, data))

    def test_fragments_of_binary_all_at_once(self):
        raw = self.raw()
        payload = os.urandom(50000)
        pieces = [payload[i:i + 500] for i in range(0, len(payload), 500)]
        raw.send(frame(BINARY, pieces[0], final=False), *(frame(CONTINUATION, piece, final=False) for piece in pieces[1:]),
                 frame(CONTINUATION))
        self.assertEqual(raw.take_message(), (BINARY, payload))

    def test_empty_fragments(self):
        raw = self.raw()
        raw.send(frame(TEXT, final=False), frame(CONTINUATION, final=False), frame(CONTINUATION, "4a", final=False),
                 frame(CONTINUATION, final=False), frame(CONTINUATION, "b", final=False), frame(CONTINUATION))
        self.assertEqual(raw.take_message(), (TEXT, b"4ab"))
        raw.send(frame(BINARY, final=False), frame(CONTINUATION))
        self.assertEqual(raw.take_message(), (BINARY, b""))
        self.echoes(raw)

    def test_fragments_that_together_are_too_large(self):
        raw = self.raw()
        raw.send(frame(BINARY, b"x" * (MAX_PAYLOAD - 1), final=False), frame(CONTINUATION, b"xx", final=False))
        self.assertEqual(raw.closed_with()[0], 1009)

    def test_a_byte_at_a_time(self):
        raw = self.raw()
        data = (frame(TEXT, "4one", final=False) + frame(PING, "two") + frame(CONTINUATION, "three") + frame(BINARY, b"\0" * 130))
        for byte in data:
            raw.send(bytes([byte]))
        self.assertEqual(raw.next(), (True, PONG, b"two"))
        self.assertEqual(raw.take_message(), (TEXT, b"4onethree"))
        self.assertEqual(raw.take_message(), (BINARY, b"\0" * 130))

    def test_many_small_ones_in_few_segments(self):
        raw = self.raw()
        count = 5000
        raw.send(*(frame(TEXT, f"4{i}") for i in range(count)))
        self.assertEqual([raw.take_message() for _ in range(count)], [(TEXT, f"4{i}".encode()) for i in range(count)])

    def test_a_frame_with_the_handshake(self):
        raw = self.raw(request() + frame(TEXT, "4early"))
        self.assertTrue(raw.head.startswith("HTTP/1.1 101 "), raw.head)
        self.assertTrue(raw.take_message()[1].startswith(b"0{"))
        self.assertEqual(raw.take_message(), (TEXT, b"4early"))


class Control(Edge):
    def test_ping_is_answered_with_its_payload(self):
        raw = self.raw()
        for payload in (b"", b"x", os.urandom(125)):
            raw.send(frame(PING, payload))
            self.assertEqual(raw.next(), (True, PONG, payload))

    def test_a_pong_that_nobody_asked_for(self):
        raw = self.raw()
        raw.send(frame(PONG, "hello"), frame(PONG))
        self.echoes(raw)

    def test_in_fragments(self):
        for opcode in (PING, PONG, CLOSE):
            with self.subTest(opcode=opcode):
                raw = self.raw()
                raw.send(frame(opcode, b"\x03\xe8", final=False))
                self.assertEqual(raw.closed_with()[0], 1002)


class Breaches(Edge):
    """What the RFC does not allow fails the connection, with 1002 as long as nothing else is named."""

    def breach(self, *frames, code=1002):
        raw = self.raw()
        raw.send(*frames)
        self.assertEqual(raw.closed_with()[0], code)

    def test_reserved_bits(self):
        for reserved in (1, 2, 4, 7):
            with self.subTest(reserved=reserved):
                self.breach(frame(TEXT, "4x", reserved=reserved))
                self.breach(frame(PING, "4x", reserved=reserved))

    def test_a_reserved_bit_on_a_continuation(self):
        self.breach(frame(TEXT, "4x", final=False), frame(CONTINUATION, "y", reserved=4))

    def test_reserved_opcodes(self):
        for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
            with self.subTest(opcode=opcode):
                self.breach(frame(opcode, "4x"))

    def test_a_continuation_of_nothing(self):
        self.breach(frame(CONTINUATION, "4x"))
        self.breach(frame(CONTINUATION, "4x", final=False))

    def test_a_message_within_a_message(self):
        self.breach(frame(TEXT, "4x", final=False), frame(TEXT, "4y"))
        self.breach(frame(TEXT, "4x", final=False), frame(BINARY, "y"))
        self.breach(frame(BINARY, "4x", final=False), frame(TEXT, "4y", final=False))

    def test_a_first_frame_that_is_not_masked(self):
        for bad in (frame(TEXT, "4x", masked=False), frame(TEXT, "4" + "x" * 1000, masked=False), frame(BINARY, b"", masked=False),
                    frame(PING, masked=False), frame(TEXT, "4x", final=False, masked=False)):
            with self.subTest(bad=bad[:2]):
                self.breach(bad)

    def test_a_first_frame_that_is_not_masked_and_comes_in_pieces(self):
        for masked, code in ((False, 1002), (True, 1000)):
            raw = self.raw()
            bad = frame(TEXT, "4x", masked=masked)
            raw.send(bad[:1])
            self.server.counters()
            raw.send(bad[1:])
            if masked:
                self.assertEqual(raw.take_message(), (TEXT, b"4x"))
                raw.send(closing(code))
            self.assertEqual(raw.closed_with()[0], code)

    def test_a_probe_that_is_not_masked(self):
        opened = self.server.get("/engine.io/?EIO=4&transport=polling")
        raw = self.raw(request(path=f"{PATH}&sid={json.loads(opened[1:])['sid']}"))
        raw.send(frame(TEXT, "2probe", masked=False))
        self.assertEqual(raw.closed_with()[0], 1002)

    def test_the_session_ends_with_a_frame_that_is_not_masked(self):
        raw = self.raw()
        before = self.server.counters()
        raw.send(frame(TEXT, "4x", masked=False))
        self.assertEqual(raw.next()[1], CLOSE)
        after = self.server.counters()
        self.assertEqual((after["sessions"], after["bad_packets"]), (before["sessions"] - 1, before["bad_packets"] + 1))
        self.assertFalse(raw.fill())

    def test_text_that_is_not_utf8(self):
        for bad in (b"4\xff", b"4\xc3", b"4\xed\xa0\x80", b"4\xf4\x90\x80\x80", b"4\xc0\x80"):
            with self.subTest(bad=bad):
                self.breach(frame(TEXT, bad), code=1007)

    def test_text_that_is_not_utf8_across_fragments(self):
        self.breach(frame(TEXT, b"4\xe4\xb8", final=False), frame(CONTINUATION, b"4"), code=1007)
        self.breach(frame(TEXT, b"4\xe4\xb8", final=False), frame(CONTINUATION), code=1007)

    def test_a_length_alone_is_too_large(self):
        for announced in (MAX_PAYLOAD + 1, 1 << 31, 1 << 32, 1 << 40, (1 << 63) - 1):
            with self.subTest(announced=announced):
                self.breach(frame(BINARY, "x", announced=announced), code=1009)

    def test_a_length_alone_is_too_large_in_a_fragment(self):
        self.breach(frame(BINARY, b"x" * 600000, final=False), frame(CONTINUATION, b"y", announced=600000), code=1009)

    def test_nothing_follows_the_close_frame(self):
        # The echo is queued when the breach is seen.
        self.breach(frame(TEXT, "4x"), frame(CONTINUATION, "y"))

    def test_a_control_frame_that_is_too_long(self):
        self.breach(frame(PING, b"x" * 126))
        self.breach(frame(PONG, b"x" * 126))
        self.breach(frame(CLOSE, b"\x03\xe8" + b"x" * 124))
        self.breach(frame(PING, announced=1 << 16))

    def test_a_length_that_is_none(self):
        self.breach(frame(BINARY, "x", announced=1 << 63))

    def test_who_does_not_answer_the_close_frame_is_cut_off_and_its_session_has_ended_before(self):
        for bad in (frame(TEXT, "no packet type"), frame(BINARY, "x", announced=1 << 40), frame(TEXT, b"4\xff"),
                    frame(3, "4x"), frame(TEXT, "4x", reserved=4), frame(PING, b"x" * 126), frame(PING, final=False),
                    frame(CONTINUATION, "4x"), frame(BINARY, "x", announced=1 << 63), frame(CLOSE, b"\x03"),
                    closing(5000), closing(1000, b"\xff")):
            with self.subTest(bad=bad[:20]):
                raw = self.raw()
                before = self.server.counters()
                raw.send(bad)
                self.assertEqual(raw.next()[1], CLOSE)
                after = self.server.counters()
                self.assertEqual({name: after[name] - before[name] for name in ("connections", "sessions", "bad_packets")},
                                 {"connections": 0, "sessions": -1, "bad_packets": 1})
                self.assertFalse(raw.fill())

    def test_a_probe_that_breaks_the_rules_leaves_its_session_alone(self):
        opened = self.server.get("/engine.io/?EIO=4&transport=polling")
        sid = json.loads(opened[1:])["sid"]
        for bad in (frame(3, "x"), frame(PING, b"x" * 126)):
            raw = self.raw(request(path=f"{PATH}&sid={sid}"))
            raw.send(frame(TEXT, "2probe"))
            self.assertEqual(raw.take_message(), (TEXT, b"3probe"))
            raw.send(bad)
            self.assertEqual(raw.closed_with()[0], 1002)
        self.assertEqual(self.server.post(f"/engine.io/?EIO=4&transport=polling&sid={sid}", "4still there"), "ok")
        self.assertEqual(self.server.get(f"/engine.io/?EIO=4&transport=polling&sid={sid}"), "4still there")


class Known(Edge):
    """What libwebsockets 4.1.6 takes or does, of which it tells nobody above it."""

    def test_a_frame_that_is_not_masked_is_taken_behind_one_that_is(self):
        # RFC 6455, 5.1: the server must close.  Masks protect what stands between from hostile pages, and browsers
        # mask; whether a frame was, libwebsockets does not say, so that only the first one is looked at before.
        raw = self.raw()
        self.echoes(raw)
        raw.send(frame(TEXT, "4x", masked=False))
        self.assertEqual(raw.take_message(), (TEXT, b"4x"))

    def test_a_frame_that_is_not_masked_is_taken_together_with_the_handshake(self):
        raw = self.raw(request() + frame(TEXT, "4early", masked=False))
        self.assertTrue(raw.take_message()[1].startswith(b"0{"))
        self.assertEqual(raw.take_message(), (TEXT, b"4early"))

    def test_a_length_longer_than_it_needs_is_taken(self):
        # 5.2: the minimal number of bytes must be used.  The length is right all the same.
        raw = self.raw()
        raw.send(bytes([0x81, 0xFE, 0, 2, 0, 0, 0, 0]) + b"4x", bytes([0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]) + b"4y")
        self.assertEqual([raw.take_message(), raw.take_message()], [(TEXT, b"4x"), (TEXT, b"4y")])

    def test_an_upgrade_to_something_else_is_answered_by_libwebsockets(self):
        self.assertTrue(self.raw(request(Upgrade="websockets")).head.startswith("HTTP/1.0 403 "))


class Closing(Edge):
    def test_the_code_comes_back(self):
        for code in (1000, 1001, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999):
            with self.subTest(code=code):
                raw = self.raw()
                raw.send(closing(code, "tschüß".encode()))
                self.assertEqual(raw.closed_with()[0], code)

    def test_without_a_code(self):
        raw = self.raw()
        raw.send(frame(CLOSE))
        self.assertIn(raw.closed_with()[0], (None, 1000))

    def test_codes_that_nobody_may_send(self):
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535):
            with self.subTest(code=code):
                raw = self.raw()
                raw.send(closing(code))
                self.assertEqual(raw.closed_with()[0], 1002)

    def test_half_a_code(self):
        raw = self.raw()
        raw.send(frame(CLOSE, b"\x03"))
        self.assertEqual(raw.closed_with()[0], 1002)

    def test_a_reason_that_is_not_utf8(self):
        raw = self.raw()
        raw.send(closing(1000, b"\xff\xfe"))
        self.assertEqual(raw.closed_with()[0], 1007)

    def test_between_fragments(self):
        raw = self.raw()
        raw.send(frame(TEXT, "4x", final=False), closing(1000))
        self.assertEqual(raw.closed_with()[0], 1000)

    def test_what_comes_after_it_is_not_taken(self):
        raw = self.raw()
        raw.send(closing(1000), frame(TEXT, "4x"))
        self.assertEqual(raw.closed_with()[0], 1000)

    def test_what_was_sent_before_it_is_answered(self):
        raw = self.raw()
        raw.send(frame(TEXT, "4x"), frame(PING, "y"))
        self.assertEqual({raw.next()[1:], raw.next()[1:]}, {(TEXT, b"4x"), (PONG, b"y")})
        raw.send(closing(1000))
        self.assertEqual(raw.closed_with()[0], 1000)

    def test_a_connection_that_is_half_closed(self):
        raw = self.raw()
        raw.socket.shutdown(socket.SHUT_WR)
        while raw.fill():
            pass

    def test_by_an_engine_io_packet(self):
        raw = self.raw()
        raw.send(frame(TEXT, "1"))
        self.assertEqual(raw.closed_with()[0], 1000)


class Handshake(Edge):
    def accepted(self, handshake):
        raw = self.raw(handshake)
        self.assertTrue(raw.head.startswith("HTTP/1.1 101 "), raw.head)
        self.assertTrue(raw.take_message()[1].startswith(b"0{"))
        self.echoes(raw)
        return {name.lower(): value for name, value in (line.split(": ", 1) for line in raw.head.split("\r\n")[1:])}

    def refused(self, handshake, *statuses):
        raw = self.raw(handshake)
        self.assertIn(raw.head[:13], [f"HTTP/1.1 {status} " for status in statuses])
        while raw.fill():
            pass
        return raw.head

    def test_the_key_is_proved(self):
        headers = self.accepted(request())
        digest = hashlib.sha1(b"dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        self.assertEqual(headers["sec-websocket-accept"], base64.b64encode(digest).decode())
        self.assertEqual(headers["upgrade"].lower(), "websocket")
        self.assertEqual(headers["connection"].lower(), "upgrade")
        self.assertNotIn("sec-websocket-protocol", headers)

    def test_the_ways_to_write_it(self):
        for name, handshake in {
            "names in lower case": request().replace(b"Upgrade:", b"upgrade:").replace(b"Connection:", b"connection:")
                                            .replace(b"Sec-WebSocket-", b"sec-websocket-").replace(b"Host:", b"host:"),
            "names in upper case": request().replace(b"Upgrade:", b"UPGRADE:").replace(b"Sec-WebSocket-", b"SEC-WEBSOCKET-"),
            "several words in Connection": request(Connection="keep-alive, Upgrade"),
            "and in lower case": request(Connection="keep-alive,upgrade"),
            "Upgrade in other letters": request(Upgrade="WebSocket"),
            "no blanks": request().replace(b": ", b":"),
            "other headers": request(Cookie="a=b", User_Agent="x" * 500, Cache_Control="no-cache"),
        }.items():
            with self.subTest(name):
                self.accepted(handshake)

    def test_in_pieces(self):
        raw = Raw.__new__(Raw)
        raw.socket, raw.received = socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE_S), b""
        raw.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.addCleanup(raw.leave)
        for byte in request():
            raw.send(bytes([byte]))
        self.assertTrue(raw.read_head().startswith("HTTP/1.1 101 "))
        self.assertTrue(raw.take_message()[1].startswith(b"0{"))
        self.echoes(raw)

    def test_compression_is_declined(self):
        for offer in ("permessage-deflate", "permessage-deflate; client_max_window_bits",
                      "x-webkit-deflate-frame, permessage-deflate"):
            with self.subTest(offer):
                self.assertNotIn("sec-websocket-extensions", self.accepted(request(Sec_WebSocket_Extensions=offer)))

    def test_the_key_is_missing(self):
        self.refused(request(drop=["Sec-WebSocket-Key"]), 400)

    def test_the_key_is_no_key(self):
        for key in ("", "short", "dGhlIHNhbXBsZSBub25jZQ", "!!!!!!!!!!!!!!!!!!!!!!==", "dGhlIHNhbXBsZSBub25jZSBhbmQgbW9yZQ=="):
            with self.subTest(key):
                self.refused(request(key=key), 400)

    def test_the_version_is_another(self):
        for version in ("8", "12", "14", "x", ""):
            with self.subTest(version):
                self.assertIn("sec-websocket-version: 13", self.refused(request(Sec_WebSocket_Version=version), 426).lower())

    def test_the_version_is_missing(self):
        self.refused(request(drop=["Sec-WebSocket-Version"]), 426)

    def test_no_upgrade(self):
        self.refused(request(drop=["Upgrade"], Connection="close"), 400)
        self.refused(request(drop=["Connection"]), 400)
        self.refused(request(Connection="close"), 400)

    def test_another_method_or_version_of_http(self):
        self.refused(request().replace(b"GET", b"POST", 1), 400)
        self.refused(request().replace(b"HTTP/1.1", b"HTTP/1.0", 1), 400, 505)


class Library(Edge):
    """The client of Python's websockets, which judges each frame itself."""

    def talk(self, conversation, **options):
        async def run():
            async with websockets.connect(self.server.url, open_timeout=PATIENCE_S, **options) as client:
                self.assertTrue((await client.recv()).startswith("0{"))
                await conversation(client)
        asyncio.run(asyncio.wait_for(run(), PATIENCE_S))

    def test_messages(self):
        async def conversation(client):
            for message in ("4hello", "4" + "ä" * 100000, b"\0\1\2", b"x" * 500000):
                await client.send(message)
                self.assertEqual(await client.recv(), message)
            # It offers permessage-deflate.  Version 13 of the library has the connection behind a field of its own.
            self.assertEqual(getattr(client, "protocol", client).extensions, [])
        self.talk(conversation)

    def test_fragments(self):
        async def conversation(client):
            await client.send(["4", "one", "two", "", "three"])
            self.assertEqual(await client.recv(), "4onetwothree")
            await client.send([b"one", b"", b"two"] * 100)
            self.assertEqual(await client.recv(), b"onetwo" * 100)
        self.talk(conversation)

    def test_pings(self):
        async def conversation(client):
            for payload in (b"", b"x", b"y" * 125):
                await (await client.ping(payload))
        self.talk(conversation)

    def test_many_at_once(self):
        async def conversation(client):
            await asyncio.gather(*(client.send(f"4{i}") for i in range(1000)))
            self.assertEqual(sorted([await client.recv() for _ in range(1000)]), sorted(f"4{i}" for i in range(1000)))
        self.talk(conversation)

    def test_its_close(self):
        for code in (1000, 1001, 4321):
            async def conversation(client):
                await client.close(code, "done")
                self.assertEqual(client.close_code, code)
            with self.subTest(code):
                self.talk(conversation)

    def test_our_close(self):
        async def conversation(client):
            await client.send("no packet type")
            await client.wait_closed()
            self.assertEqual(client.close_code, 1002)
        self.talk(conversation)


if __name__ == "__main__":
    unittest.main(verbosity=1)
