'use strict'
// What kafkajs reads out of a batch, as the description that GoQueue.Fuzz writes. kafkajs skips the CRC when reading, so it is compared here with
// kafkajs's own implementation.

const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder')
const Decoder = require('kafkajs/src/protocol/decoder')
const crc32C = require('kafkajs/src/protocol/recordBatch/crc32C')
const { CompressionTypes, CompressionCodecs } = require('kafkajs')

CompressionCodecs[CompressionTypes.Snappy] = require('kafkajs-snappy')

const base64 = bytes => (bytes === null || bytes === undefined ? null : bytes.toString('base64'))

async function decode(bytes) {
  const magic = bytes.readInt8(16)
  if (magic !== 2) throw new Error(`magic is ${magic}`)
  const length = bytes.readInt32BE(8)
  if (length + 12 !== bytes.length) throw new Error(`length says ${length + 12} bytes, there are ${bytes.length}`)
  const [announced, seen] = [bytes.readUInt32BE(17), crc32C(bytes.subarray(21)) >>> 0]
  if (announced !== seen) throw new Error(`CRC-32C says ${announced}, kafkajs computes ${seen}`)
  const attributes = bytes.readInt16BE(21)
  const batch = await decodeBatch(new Decoder(bytes))
  return {
    baseOffset: batch.firstOffset,
    leaderEpoch: batch.partitionLeaderEpoch,
    compression: attributes & 7,
    lane: (attributes >> 8) & 7,
    isTransactional: batch.inTransaction,
    isControl: batch.isControlBatch,
    lastOffsetDelta: batch.lastOffsetDelta,
    baseTimestamp: batch.firstTimestamp,
    maxTimestamp: batch.maxTimestamp,
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.firstSequence,
    records: batch.records.map(record => ({
      offset: record.offset,
      timestamp: record.timestamp,
      key: base64(record.key),
      value: base64(record.value),
      headers: Object.entries(record.headers).map(([name, value]) => [name, [value].flat().map(base64)]),
    })),
  }
}

/** A description with headers in the order and grouping that kafkajs gives them: by key, in order of first appearance. */
function asKafkajsGroups(description) {
  const group = headers => {
    const groups = new Map()
    for (const [name, value] of headers) groups.set(name, [...(groups.get(name) ?? []), value])
    return [...groups]
  }
  return { ...description, records: description.records.map(record => ({ ...record, headers: group(record.headers) })) }
}

module.exports = { decode, asKafkajsGroups }
