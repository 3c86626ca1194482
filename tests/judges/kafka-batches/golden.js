'use strict'
// Writes the golden batches of tests/GoQueue.Core.Tests/Golden: made by kafkajs, kept for ever. The inputs are fixed; a
// second run changes at most the compressed bytes, if zlib has changed.

const fs = require('node:fs')
const path = require('node:path')
const { encode } = require('./encode')

const text = s => Buffer.from(s, 'utf8')
const record = (timestamp, key, value, headers = []) => ({ timestamp: BigInt(timestamp), key, value, headers })
const T = 1700000000000
const many = Array.from({ length: 1000 }, (_, i) => record(T + (i % 7) * 1000, text(`key-${i % 100}`), text(`value ${i} `.repeat(1 + (i % 5)))))

const batches = {
  plain: { records: [record(T, text('key'), text('value')), record(T + 1, text('key 2'), text('value 2'))] },
  gzip: { compression: 1, records: many.slice(0, 50) },
  'snappy-raw': { compression: 2, records: many.slice(0, 50) },
  'snappy-framed': { compression: 2, framed: true, records: many },
  headers: {
    records: [
      record(T, text('k'), text('v'), [['trace-id', text('abc')], ['empty', Buffer.alloc(0)], ['schlüssel-鍵', Buffer.from([0, 255, 128])]]),
      record(T, null, text('v'), [['repeated', text('1')], ['repeated', text('2')]]),
    ],
  },
  'null-key-null-value': { records: [record(T, null, text('no key')), record(T, text('tombstone'), null), record(T, null, null)] },
  'empty-key-empty-value': { records: [record(T, Buffer.alloc(0), Buffer.alloc(0))] },
  producer: { producerId: 9223372036854775807n, producerEpoch: 32767, firstSequence: 2147483647, records: [record(T, text('k'), text('v'))] },
  transactional: { transactional: true, producerId: 4711n, producerEpoch: 3, firstSequence: 12, records: [record(T, text('k'), text('v'))] },
  many: { records: many },
  timestamps: { records: [T, T - 5, 0, T + 86400000, 253402300799999, 1].map((t, i) => record(t, text(String(i)), text('t'))) },
  'large-value': { records: [record(T, text('k'), Buffer.alloc(20000, 'abc'))] },
}

async function main(folder) {
  fs.mkdirSync(folder, { recursive: true })
  for (const [name, batch] of Object.entries(batches)) {
    const { bytes, description } = await encode(batch)
    fs.writeFileSync(path.join(folder, `${name}.bin`), bytes)
    fs.writeFileSync(path.join(folder, `${name}.json`), JSON.stringify(description, null, batch.records.length > 100 ? 0 : 2) + '\n')
  }
  console.log(`${Object.keys(batches).length} golden batches written`)
}

main(process.argv[2])
