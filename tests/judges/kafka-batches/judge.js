'use strict'
// 1. GoQueue writes random batches; kafkajs must read from them what was put in.
// 2. kafkajs writes random batches; GoQueue must read from them what was put in.
// 3. The judge is judged: a batch with one changed field must be noticed on both ways.

const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { encode } = require('./encode')
const { decode, asKafkajsGroups } = require('./decode')

const project = path.join(__dirname, '..', '..', 'GoQueue.Fuzz')
const seed = Number(process.env.SEED ?? Date.now() % 1000000)
const scratch = fs.mkdtempSync(path.join(process.env.JUDGE_TMP ?? os.tmpdir(), 'kafka-batches-'))

function goqueue(...args) {
  const dll = path.join(project, 'bin', 'Release', 'net10.0', 'GoQueue.Fuzz.dll')
  const result = spawnSync('dotnet', [dll, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 })
  if (result.error) throw result.error
  return { status: result.status, output: result.stdout + result.stderr }
}

/** mulberry32: small, seeded, good enough to choose shapes. */
function randomSource(state) {
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  return { below: n => Math.floor(next() * n), bytes: n => Buffer.from(Array.from({ length: n }, () => Math.floor(next() * 256))) }
}

function randomBatch(random, index) {
  const field = () => [() => null, () => Buffer.alloc(0), () => random.bytes(1 + random.below(300)), () => Buffer.from('item ä '.repeat(1 + random.below(200)))][random.below(4)]()
  const header = name => Array.from({ length: 1 + random.below(2) }, () => [name, field() ?? Buffer.alloc(0)])
  const first = BigInt(random.below(2 ** 31)) * 1000n
  const hasProducer = random.below(2) === 0
  return {
    compression: index % 3,
    framed: random.below(2) === 0,
    transactional: random.below(4) === 0,
    producerId: hasProducer ? BigInt(random.below(2 ** 31)) * 4000000000n : -1n,
    producerEpoch: hasProducer ? random.below(32768) : 0,
    firstSequence: hasProducer ? random.below(2 ** 31) : 0,
    records: Array.from({ length: index % 10 === 9 ? 1500 : 1 + random.below(30) }, (_, i) => ({
      timestamp: i === 0 ? first : BigInt(Math.max(0, Number(first) + random.below(10000000) - 100000)),
      key: field(),
      value: field(),
      headers: ['h', 'trace-id', 'schlüssel-鍵'].slice(0, random.below(4)).flatMap(header),
    })),
  }
}

async function ours(folder, count) {
  const written = goqueue('write-batches', folder, '--seed', String(seed), '--count', String(count))
  assert.equal(written.status, 0, written.output)
  const names = fs.readdirSync(folder).filter(name => name.endsWith('.bin'))
  assert.equal(names.length, count)
  const codecs = new Set()
  for (const name of names) {
    const bytes = fs.readFileSync(path.join(folder, name))
    const expected = JSON.parse(fs.readFileSync(path.join(folder, name.replace('.bin', '.json')), 'utf8'))
    assert.deepEqual(await decode(bytes), asKafkajsGroups(expected), name)
    codecs.add(expected.compression)
  }
  assert.deepEqual([...codecs].sort(), [0, 1, 2], 'all codecs were seen')
  const some = fs.readFileSync(path.join(folder, names[0]))
  some[some.length - 1] ^= 1
  await assert.rejects(decode(some), /CRC-32C/)
}

async function theirs(folder, count) {
  fs.mkdirSync(folder)
  const random = randomSource(seed)
  const write = (name, bytes, description) => {
    fs.writeFileSync(path.join(folder, `${name}.bin`), bytes)
    fs.writeFileSync(path.join(folder, `${name}.json`), JSON.stringify(description))
  }
  for (let i = 0; i < count; i++) {
    const { bytes, description } = await encode(randomBatch(random, i))
    write(`kafkajs-${String(i).padStart(4, '0')}`, bytes, description)
  }
  const read = goqueue('read-batches', folder)
  assert.equal(read.status, 0, read.output)
  assert.match(read.output, new RegExp(`^${count} batches read, 0 differ`, 'm'))

  const { bytes, description } = await encode(randomBatch(random, 0))
  description.records[0].timestamp = String(BigInt(description.records[0].timestamp) + 1n)
  write('changed', bytes, description)
  const changed = goqueue('read-batches', folder)
  assert.equal(changed.status, 1, 'a changed field was not noticed')
  assert.match(changed.output, /^changed\.bin differs/m)
}

async function main() {
  const build = spawnSync('dotnet', ['build', project, '-c', 'Release', '--nologo', '-v', 'q'], { encoding: 'utf8' })
  assert.equal(build.status, 0, build.stdout)
  const count = Number(process.env.COUNT ?? 90)
  await ours(path.join(scratch, 'ours'), count)
  await theirs(path.join(scratch, 'theirs'), count)
  console.log(`kafkajs and GoQueue read ${count} batches of each other, every field (seed ${seed})`)
}

main()
  .catch(error => {
    console.error(`seed ${seed}:`, error)
    process.exitCode = 1
  })
  .finally(() => fs.rmSync(scratch, { recursive: true, force: true }))
