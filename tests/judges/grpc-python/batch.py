"""Record batches of magic 2, written and read from the public layout, sharing nothing with the product."""
import gzip
import struct
import time

_TABLE = []
for _i in range(256):
    _c = _i
    for _ in range(8):
        _c = (_c >> 1) ^ (0x82F63B78 if _c & 1 else 0)
    _TABLE.append(_c)


def crc32c(data):
    crc, table = 0xFFFFFFFF, _TABLE
    for byte in data:
        crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def varint(value):
    bits = (value << 1) ^ (value >> 63)
    bits &= (1 << 64) - 1
    out = bytearray()
    while bits >= 0x80:
        out.append(bits & 0x7F | 0x80)
        bits >>= 7
    out.append(bits)
    return bytes(out)


def read_varint(data, at):
    bits = shift = 0
    while True:
        byte = data[at]
        at += 1
        bits |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (bits >> 1) ^ -(bits & 1), at
        shift += 7


def _nullable(data):
    return varint(-1) if data is None else varint(len(data)) + data


def build(records, producer=(-1, -1, -1), compress=False, attributes=0, count=None, last_delta=None):
    """records: (key, value, headers) with None for null."""
    base_timestamp = int(time.time() * 1000)
    body = bytearray()
    for delta, (key, value, headers) in enumerate(records):
        record = b"\x00" + varint(delta) + varint(delta) + _nullable(key) + _nullable(value) + varint(len(headers))
        for name, content in headers:
            record += _nullable(name) + _nullable(content)
        body += varint(len(record)) + record
    if compress:
        body = gzip.compress(bytes(body))
        attributes |= 1
    n = len(records) if count is None else count
    covered = struct.pack(
        ">hiqqqhii", attributes, len(records) - 1 if last_delta is None else last_delta,
        base_timestamp, base_timestamp + len(records) - 1, producer[0], producer[1], producer[2], n) + bytes(body)
    tail = struct.pack(">ibI", -1, 2, crc32c(covered)) + covered
    return struct.pack(">qi", 0, len(tail)) + tail


def parse(data):
    """All records of a run of batches as (offset, timestamp, key, value); checks every CRC."""
    at = 0
    while at < len(data):
        base, length = struct.unpack_from(">qi", data, at)
        batch = data[at:at + 12 + length]
        at += 12 + length
        assert batch[16] == 2, f"magic {batch[16]}"
        (crc,) = struct.unpack_from(">I", batch, 17)
        assert crc == crc32c(batch[21:]), f"the batch at offset {base} fails its CRC"
        attributes, _, first_time = struct.unpack_from(">hiq", batch, 21)
        (count,) = struct.unpack_from(">i", batch, 57)
        body, pos = batch[61:], 0
        if attributes & 7 == 1:
            body = gzip.decompress(body)
        for _ in range(count):
            size, pos = read_varint(body, pos)
            end = pos + size
            pos += 1
            time_delta, pos = read_varint(body, pos)
            delta, pos = read_varint(body, pos)
            fields = []
            for _ in range(2):
                length, pos = read_varint(body, pos)
                fields.append(None if length < 0 else body[pos:pos + length])
                pos += max(length, 0)
            pos = end
            if not attributes & 0x20:
                yield base + delta, first_time + time_delta, fields[0], fields[1]
