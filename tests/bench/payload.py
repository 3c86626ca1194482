#!/usr/bin/env python3
"""Request bodies for h2load, written without any of our code.

usage: payload.py rest|grpc TOPIC VALUE-BYTES      writes the body to standard output
"""
import json
import sys


def field(number, data):
    """A length-delimited protobuf field."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


kind, topic, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
value = "x" * size
if kind == "rest":
    body = json.dumps({"value": value}).encode()
else:
    message = field(5, value.encode())  # goqueue.v1.Message.value
    request = field(1, topic.encode()) + field(2, message)  # PublishRequest.topic, .messages
    body = b"\0" + len(request).to_bytes(4, "big") + request
sys.stdout.buffer.write(body)
