// Record batches of magic 2, written and read from the public layout, sharing nothing with the product.
'use strict';
const zlib = require('node:zlib');

const TABLE = new Uint32Array(256).map((_, i) => {
  let c = i;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
  return c >>> 0;
});

function crc32c(bytes) {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ TABLE[(crc ^ bytes[i]) & 0xff];
  return (crc ^ 0xffffffff) >>> 0;
}

// Zigzag varints of 32-bit values; nothing here is longer.
function pushVarint(out, value) {
  let bits = ((value << 1) ^ (value >> 31)) >>> 0;
  while (bits >= 0x80) {
    out.push((bits & 0x7f) | 0x80);
    bits >>>= 7;
  }
  out.push(bits);
}

function varint(value) {
  const out = [];
  pushVarint(out, value);
  return Buffer.from(out);
}

function nullable(bytes) {
  return bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);
}

// records: [key, value] as Buffers or null
function build(records, { producer = [-1n, -1, -1], compress = false, attributes = 0, count = records.length, lastDelta = records.length - 1 } = {}) {
  const parts = [];
  records.forEach(([key, value], i) => {
    const record = Buffer.concat([Buffer.from([0]), varint(i), varint(i), nullable(key), nullable(value), varint(0)]);
    parts.push(varint(record.length), record);
  });
  let body = Buffer.concat(parts);
  if (compress) {
    body = zlib.gzipSync(body);
    attributes |= 1;
  }
  const now = BigInt(Date.now());
  const head = Buffer.alloc(61);
  head.writeInt32BE(49 + body.length, 8);
  head.writeInt32BE(-1, 12);
  head.writeInt8(2, 16);
  head.writeInt16BE(attributes, 21);
  head.writeInt32BE(lastDelta, 23);
  head.writeBigInt64BE(now, 27);
  head.writeBigInt64BE(now + BigInt(records.length - 1), 35);
  head.writeBigInt64BE(producer[0], 43);
  head.writeInt16BE(producer[1], 51);
  head.writeInt32BE(producer[2], 53);
  head.writeInt32BE(count, 57);
  const batch = Buffer.concat([head, body]);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

// All data records of a run of batches as { offset, key, value }; checks every CRC.
function parse(bytes) {
  const records = [];
  for (let at = 0; at < bytes.length; ) {
    const batch = bytes.subarray(at, at + 12 + bytes.readInt32BE(at + 8));
    at += batch.length;
    const base = Number(batch.readBigInt64BE(0));
    if (batch.readInt8(16) !== 2) throw new Error(`the batch at offset ${base} has magic ${batch.readInt8(16)}`);
    if (batch.readUInt32BE(17) !== crc32c(batch.subarray(21))) throw new Error(`the batch at offset ${base} fails its CRC`);
    const attributes = batch.readInt16BE(21);
    const body = (attributes & 7) === 1 ? zlib.gunzipSync(batch.subarray(61)) : batch.subarray(61);
    let pos = 0;
    const read = () => {
      let bits = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = body[pos++];
        bits |= (byte & 0x7f) << shift;
        if (byte < 0x80) return (bits >>> 1) ^ -(bits & 1);
      }
    };
    const field = () => {
      const length = read();
      if (length < 0) return null;
      pos += length;
      return body.subarray(pos - length, pos);
    };
    for (let i = batch.readInt32BE(57); i > 0; i--) {
      const end = read() + pos;
      pos++;
      read();
      const offset = base + read();
      const key = field();
      const value = field();
      pos = end;
      if (!(attributes & 0x20)) records.push({ offset, key, value });
    }
  }
  return records;
}

module.exports = { build, parse };
