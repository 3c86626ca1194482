'use strict'
// Record batches as kafkajs makes them, with a description of what went in (the same JSON that GoQueue.Fuzz writes and reads).

const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0')
const Record = require('kafkajs/src/protocol/recordBatch/record/v0')
const Long = require('kafkajs/src/utils/long')
const { CompressionTypes, CompressionCodecs } = require('kafkajs')
const snappy = require('snappyjs')

const rawSnappy = require('kafkajs-snappy')

// kafkajs writes snappy as one raw block. Java clients frame it (snappy-java): 16 bytes, then blocks of a length and 32 KiB of input.
const FRAMING = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
const framedSnappy = () => ({
  ...rawSnappy(),
  async compress(encoder) {
    const parts = [FRAMING]
    for (let at = 0; at < encoder.buffer.length; at += 32768) {
      const block = Buffer.from(snappy.compress(encoder.buffer.subarray(at, at + 32768)))
      const length = Buffer.alloc(4)
      length.writeInt32BE(block.length)
      parts.push(length, block)
    }
    return Buffer.concat(parts)
  },
})

const base64 = bytes => (bytes === null ? null : bytes.toString('base64'))

/**
 * records: [{ timestamp: bigint, key: Buffer|null, value: Buffer|null, headers: [[key, Buffer]] }]; kafkajs groups headers of one key, so
 * equal keys must stand together, and it cannot write a header without a value.
 */
async function encode({ records, compression = 0, framed = false, transactional = false, producerId = -1n, producerEpoch = 0, firstSequence = 0 }) {
  CompressionCodecs[CompressionTypes.Snappy] = framed ? framedSnappy : rawSnappy
  const firstTimestamp = records[0].timestamp
  const maxTimestamp = records.reduce((max, r) => (r.timestamp > max ? r.timestamp : max), firstTimestamp)
  const batch = await RecordBatch({
    compression,
    transactional,
    firstTimestamp: Long.fromValue(firstTimestamp),
    maxTimestamp: Long.fromValue(maxTimestamp),
    lastOffsetDelta: records.length - 1,
    producerId: Long.fromValue(producerId),
    producerEpoch,
    firstSequence,
    records: records.map(({ timestamp, key, value, headers }, offsetDelta) =>
      Record({ offsetDelta, timestampDelta: Long.fromValue(timestamp - firstTimestamp), key, value, headers: grouped(headers) })
    ),
  })
  const description = {
    baseOffset: '0',
    leaderEpoch: 0,
    compression,
    lane: 0,
    isTransactional: transactional,
    isControl: false,
    lastOffsetDelta: records.length - 1,
    baseTimestamp: String(firstTimestamp),
    maxTimestamp: String(maxTimestamp),
    producerId: String(producerId),
    producerEpoch,
    baseSequence: firstSequence,
    records: records.map(({ timestamp, key, value, headers }, i) => ({
      offset: String(i),
      timestamp: String(timestamp),
      key: base64(key),
      value: base64(value),
      headers: headers.map(([name, bytes]) => [name, base64(bytes)]),
    })),
  }
  return { bytes: batch.buffer, description }
}

function grouped(headers) {
  const result = {}
  for (const [name, value] of headers) {
    result[name] = name in result ? [result[name], value].flat() : value
  }
  return result
}

module.exports = { encode }
