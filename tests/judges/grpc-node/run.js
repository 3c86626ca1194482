// Drives every call of a running broker with grpc-js, a client that nobody here wrote. usage: node run.js HOST:PORT
// Ends with 0 when everything is as the documents say, and with a line that names the first difference when not.
'use strict';
const crypto = require('node:crypto');
const path = require('node:path');
const { isDeepStrictEqual, inspect } = require('node:util');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');
const protobuf = require('protobufjs');
const descriptor = require('protobufjs/ext/descriptor');
const batches = require('./batch');

const protos = path.join(process.env.GOQUEUE_ROOT || path.join(__dirname, '../../..'), 'proto');
const options = { includeDirs: [protos], keepCase: true, longs: String, enums: String, defaults: true, oneofs: true };
const load = (file) => grpc.loadPackageDefinition(loader.loadSync(file, options));
const { goqueue } = load('goqueue/v1/goqueue.proto');
const health = load('grpc/health/v1/health.proto').grpc.health.v1;
const reflection = { v1: load('grpc/reflection/v1/reflection.proto').grpc.reflection.v1, v1alpha: load('grpc/reflection/v1alpha/reflection.proto').grpc.reflection.v1alpha };
const rpc = new protobuf.Root();
rpc.resolvePath = (_, target) => (target.startsWith('google/protobuf/') ? null : path.join(protos, target));
rpc.loadSync(['google/rpc/status.proto', 'google/rpc/error_details.proto'].map((file) => file));
const { status: code } = grpc;

let checks = 0;
function check(condition, what) {
  checks++;
  if (!condition) throw new Error(what);
}
function same(seen, expected, what) {
  check(isDeepStrictEqual(seen, expected), `${what}: expected ${inspect(expected)}, saw ${inspect(seen)}`);
}

const soon = (seconds = 30) => ({ deadline: Date.now() + seconds * 1000 });
// A unary call as a promise.
const ask = (client, method, request, { seconds = 30, metadata = new grpc.Metadata() } = {}) =>
  new Promise((resolve, reject) => client[method](request, metadata, soon(seconds), (error, response) => (error ? reject(error) : resolve(response))));

// The call fails with this status, and the trailers say why for programs.
async function refused(promise, status, reason, what) {
  let error = null;
  try {
    await promise;
  } catch (thrown) {
    error = thrown;
  }
  check(error && error.code !== undefined, `${what} was not refused by gRPC: ${error}`);
  same(code[error.code], code[status], `status of ${what} (${error.details})`);
  if (reason) {
    same(error.metadata.get('goqueue-error')[0], reason, `goqueue-error of ${what}`);
    const details = rpc.lookupType('google.rpc.Status').decode(error.metadata.get('grpc-status-details-bin')[0]);
    const info = rpc.lookupType('google.rpc.ErrorInfo').decode(details.details[0].value);
    same([details.code, details.message, info.reason, info.domain], [status, error.details, reason, 'goqueue'], `details of ${what}`);
    same(details.details[0].type_url, 'type.googleapis.com/google.rpc.ErrorInfo', `type of the details of ${what}`);
  }
  return error;
}

// The messages of a stream one by one; the end of the stream by its status.
function reader(call) {
  const messages = [];
  const waiting = [];
  let end = null;
  const give = () => {
    while (waiting.length && (messages.length || end)) {
      const { resolve, reject } = waiting.shift();
      if (messages.length) resolve(messages.shift());
      else if (end.code === undefined || end.code === code.OK) resolve(null);
      else reject(end);
    }
  };
  call.on('data', (message) => (messages.push(message), give()));
  call.on('error', (error) => ((end = error), give()));
  call.on('end', () => setImmediate(() => ((end = end || {}), give())));
  return () => new Promise((resolve, reject) => (waiting.push({ resolve, reject }), give()));
}
const all = async (next) => {
  const messages = [];
  for (let message; (message = await next()); ) messages.push(message);
  return messages;
};

function murmur3(key) {
  const rotate = (x, r) => (x << r) | (x >>> (32 - r));
  const mix = (k) => Math.imul(rotate(Math.imul(k, 0xcc9e2d51), 15), 0x1b873593);
  const whole = key.length & ~3;
  let h = 0;
  for (let i = 0; i < whole; i += 4) h = (Math.imul(rotate(h ^ mix(key.readInt32LE(i)), 13), 5) + 0xe6546b64) | 0;
  let tail = 0;
  for (let i = key.length - 1; i >= whole; i--) tail = (tail << 8) | key[i];
  if (key.length > whole) h ^= mix(tail);
  h ^= key.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

async function healthAndReflection(address) {
  const client = new health.Health(address, grpc.credentials.createInsecure());
  for (const service of ['', 'goqueue.v1.GoQueue']) same((await ask(client, 'Check', { service })).status, 'SERVING', `health of '${service}'`);
  await refused(ask(client, 'Check', { service: 'other' }), code.NOT_FOUND, null, 'health of an unknown service');
  const watch = client.Watch({}, soon());
  const next = reader(watch);
  same((await next()).status, 'SERVING', 'first word of a health watch');
  watch.cancel();
  await refused(next(), code.CANCELLED, null, 'a cancelled health watch');
  client.close();
  for (const version of ['v1', 'v1alpha']) {
    const client = new reflection[version].ServerReflection(address, grpc.credentials.createInsecure());
    const call = client.ServerReflectionInfo(soon());
    const next = reader(call);
    call.write({ list_services: '' });
    const services = (await next()).list_services_response.service.map(({ name }) => name);
    check(services.includes('goqueue.v1.GoQueue') && services.includes('grpc.health.v1.Health'), `services by reflection ${version}: ${services}`);
    call.write({ file_containing_symbol: 'goqueue.v1.GoQueue' });
    const [file] = (await next()).file_descriptor_response.file_descriptor_proto;
    const decoded = descriptor.FileDescriptorProto.decode(file);
    same(decoded.service[0].method.map(({ name }) => name), Object.keys(goqueue.v1.GoQueue.service), `methods by reflection ${version}`);
    call.write({ file_containing_symbol: 'no.Such' });
    same((await next()).error_response.error_code, code.NOT_FOUND, 'reflection of an unknown symbol');
    call.end();
    same(await next(), null, 'end of reflection');
    client.close();
  }
}

async function topics(client, prefix) {
  const name = `${prefix}-admin`;
  const made = (await ask(client, 'CreateTopic', { name, partitions: 4, settings: { retention_ms: 60000, cleanup_policy: 'CLEANUP_POLICY_COMPACT', flush_mode: 'FLUSH_MODE_NONE' } })).topic;
  same([made.name, made.partitions.length, made.settings.retention_ms, made.settings.cleanup_policy, made.settings.flush_mode], [name, 4, '60000', 'CLEANUP_POLICY_COMPACT', 'FLUSH_MODE_NONE'], 'a topic as made');
  same([made.partitions[0].first_hash, made.partitions[3].last_hash], [0, 0xffffffff], 'ends of the hash space');
  same((await ask(client, 'GetTopic', { name })).topic, made, 'a topic read again');
  check((await ask(client, 'ListTopics', {})).topics.some((topic) => isDeepStrictEqual(topic, made)), 'the topic is in the list');
  const altered = (await ask(client, 'AlterTopic', { name, settings: { retention_ms: 90000 }, expected_version: made.version })).topic;
  same(altered.settings, { ...made.settings, retention_ms: '90000' }, 'settings after a change of one');
  await refused(ask(client, 'AlterTopic', { name, expected_version: made.version }), code.FAILED_PRECONDITION, 'PRECONDITION_FAILED', 'a change of an old version');
  await refused(ask(client, 'GetTopic', { name: `${prefix}-no` }), code.NOT_FOUND, 'UNKNOWN_TOPIC', 'an unknown topic');
  for (const bad of ['', '..', 'a/b', 'a\0b', 'x'.repeat(250), 'größe']) await refused(ask(client, 'CreateTopic', { name: bad }), code.INVALID_ARGUMENT, 'INVALID_TOPIC_NAME', `the topic name ${inspect(bad.slice(0, 20))}`);
  await refused(ask(client, 'CreateTopic', { name }), code.ALREADY_EXISTS, 'TOPIC_ALREADY_EXISTS', 'a topic made twice');
  for (const partitions of [-1, 100001]) await refused(ask(client, 'CreateTopic', { name: `${prefix}-count`, partitions }), code.INVALID_ARGUMENT, 'INVALID_PARTITION_COUNT', `${partitions} partitions`);
  await refused(ask(client, 'CreateTopic', { name: `${prefix}-set`, settings: { segment_bytes: 1 } }), code.INVALID_ARGUMENT, 'INVALID_CONFIGURATION', 'a tiny segment size');
  await ask(client, 'DeleteTopic', { name });
  await refused(ask(client, 'GetTopic', { name }), code.NOT_FOUND, 'UNKNOWN_TOPIC', 'a deleted topic');
}

async function unary(client, packed, prefix) {
  const name = `${prefix}-unary`;
  const { topic } = await ask(client, 'CreateTopic', { name, partitions: 3 });
  const now = Date.now(); // old ones would be gone by retention
  const lanes = ['PRIORITY_LANE_UNSPECIFIED', 'PRIORITY_LANE_CRITICAL', 'PRIORITY_LANE_HIGH', 'PRIORITY_LANE_LOW', 'PRIORITY_LANE_BACKGROUND'];
  const messages = Array.from({ length: 100 }, (_, i) => ({ key: Buffer.from(`key-${i % 20}`), value: Buffer.from(`value ${i}`), timestamp_ms: now + i, priority: lanes[i % 5], headers: i === 7 ? [{ key: 'größe', value: Buffer.from([0, 255]) }] : [] }));
  delete messages[8].value;
  for (const sender of [client, packed]) {
    // plain, and with gzip on the channel
    const { results, durability } = await ask(sender, 'Publish', { topic: name, messages });
    same(durability, { acks: 'ACKS_ALL', replicas: 1, flushed: true }, 'durability of a publish');
    for (let i = 0; i < messages.length; i++) {
      const hash = murmur3(messages[i].key);
      const where = topic.partitions.find((p) => p.first_hash <= hash && hash <= p.last_hash).index;
      same([results[i].error, results[i].partition], ['ERROR_CODE_UNSPECIFIED', where], `partition of ${messages[i].key}`);
      const back = (await ask(client, 'Fetch', { topic: name, partition: where, offset: results[i].offset, max_messages: 1 })).messages[0];
      same(
        [back.offset, back.timestamp_ms, back.key, back.value, back.priority, back.headers],
        [results[i].offset, `${now + i}`, messages[i].key, messages[i].value ?? back.value, messages[i].priority, messages[i].headers],
        `message ${results[i].offset} of partition ${where}`);
      same(back._value === 'value', i !== 8, `whether message ${i} has a value`);
    }
  }
  const one = [{ value: Buffer.from('x') }];
  await refused(ask(client, 'Publish', { topic: `${prefix}-no`, messages: one }), code.NOT_FOUND, 'UNKNOWN_TOPIC', 'a publish to an unknown topic');
  await refused(ask(client, 'Publish', { topic: name, partition: 3, messages: one }), code.NOT_FOUND, 'UNKNOWN_PARTITION', 'a publish to an unknown partition');
  await refused(ask(client, 'Publish', { topic: name }), code.INVALID_ARGUMENT, 'INVALID_ARGUMENT', 'a publish of nothing');
  await refused(ask(client, 'Publish', { topic: name, messages: [{ value: Buffer.alloc(2 << 20) }] }), code.INVALID_ARGUMENT, 'MESSAGE_TOO_LARGE', "a message over the topic's limit");
  await refused(ask(client, 'Publish', { topic: name, messages: [{ value: Buffer.alloc(5 << 20) }] }), code.RESOURCE_EXHAUSTED, 'MESSAGE_TOO_LARGE', "a message over the server's limit");
  const offsets = await ask(client, 'GetOffsets', { topic: name, partition: 0, time_ms: now + 50 });
  same((await ask(client, 'Fetch', { topic: name, partition: 0, from_time_ms: now + 50, max_messages: 1 })).messages[0].offset, offsets.offset_for_time, 'the first message of a time');
  const beyond = await refused(ask(client, 'Fetch', { topic: name, partition: 0, offset: `${Number(offsets.high_watermark) + 1}` }), code.OUT_OF_RANGE, 'OFFSET_OUT_OF_RANGE', 'an offset beyond the end');
  check(beyond.details.includes(offsets.high_watermark), `the range is named: ${beyond.details}`);
}

async function badBatches(client, prefix) {
  const name = `${prefix}-bad`;
  await ask(client, 'CreateTopic', { name, partitions: 1 });
  const record = [Buffer.from('k'), Buffer.from('v')];
  const good = batches.build([record]);
  const patched = (at, value) => {
    const copy = Buffer.from(good);
    copy[at] = value;
    return copy;
  };
  const length = (value) => {
    const copy = Buffer.from(good);
    copy.writeInt32BE(value, 8);
    return copy;
  };
  const cases = [
    ['empty', Buffer.alloc(0), 'CORRUPT_BATCH'],
    ['cut in the header', good.subarray(0, 40), 'CORRUPT_BATCH'],
    ['cut at the end', good.subarray(0, -1), 'CORRUPT_BATCH'],
    ['with a byte behind it', Buffer.concat([good, Buffer.alloc(1)]), 'CORRUPT_BATCH'],
    ['with a wrong CRC', patched(17, good[17] ^ 1), 'CORRUPT_BATCH'],
    ['of magic 1', patched(16, 1), 'UNSUPPORTED_BATCH_VERSION'],
    ['of a wrong count', batches.build([record], { count: 7 }), 'CORRUPT_BATCH'],
    ['of a wrong last offset', batches.build([record], { lastDelta: 5 }), 'CORRUPT_BATCH'],
    ['of negative length', length(-5), 'CORRUPT_BATCH'],
    ['of huge length', length(0x7fffffff), 'CORRUPT_BATCH'],
    ["over the topic's limit", batches.build([[null, Buffer.alloc(1 << 20)]]), 'MESSAGE_TOO_LARGE'],
    ['of zstd', batches.build([record], { attributes: 4 }), 'UNSUPPORTED_COMPRESSION'],
    ['that is not gzip', batches.build([record], { attributes: 1 }), 'CORRUPT_BATCH'],
    ['that is a bomb', batches.build(Array(5).fill([null, Buffer.alloc(16 << 20)]), { compress: true }), 'DECOMPRESSION_TOO_LARGE'],
  ];
  const call = client.PublishStream(soon(120));
  const next = reader(call);
  for (const [i, [what, batch, expected]] of cases.entries()) {
    call.write({ correlation_id: i + 1, topic: name, batch });
    const answer = await next();
    same([answer.correlation_id, answer.error, answer.base_offset], [`${i + 1}`, `ERROR_CODE_${expected}`, '-1'], `answer to a batch ${what} (${answer.detail})`);
  }
  for (const [fields, expected] of [[{ topic: `${prefix}-no` }, 'UNKNOWN_TOPIC'], [{ topic: name, partition: 1 }, 'UNKNOWN_PARTITION'], [{ topic: 'a/b' }, 'INVALID_TOPIC_NAME']]) {
    call.write({ ...fields, batch: good });
    same((await next()).error, `ERROR_CODE_${expected}`, `error of ${inspect(fields)}`);
  }
  call.write({ correlation_id: '18446744073709551615', topic: name, batch: good });
  const answer = await next();
  same([answer.correlation_id, answer.error, answer.base_offset, answer.durability.flushed], ['18446744073709551615', 'ERROR_CODE_UNSPECIFIED', '0', true], 'a good batch after the bad ones');
  call.end();
  same(await next(), null, 'the end of the stream');
}

// A stream of messages, published without waiting, read back while it is written: every one there, once, in order.
async function many(client, prefix, total = 100000, perBatch = 200, partitions = 3) {
  const name = `${prefix}-many`;
  await ask(client, 'CreateTopic', { name, partitions });
  const expected = Array.from({ length: partitions }, () => []);
  const sent = [];
  for (let first = 0; first < total; first += perBatch) {
    const partition = (first / perBatch) % partitions;
    const values = Array.from({ length: perBatch }, (_, i) => `${name}/${first + i}`);
    expected[partition].push(...values);
    sent.push({ correlation_id: sent.length, topic: sent.length === 0 ? name : '', partition, batch: batches.build(values.map((value) => [Buffer.from(`k${partition}`), Buffer.from(value)]), { compress: sent.length % 3 === 0 }) });
  }
  const readers = [];
  for (let partition = 0; partition < partitions; partition++) {
    for (const format of ['SUBSCRIBE_FORMAT_BATCHES', 'SUBSCRIBE_FORMAT_MESSAGES']) {
      const next = reader(client.Subscribe({ topic: name, partition, offset: 0, format, max_messages: expected[partition].length }, soon(240)));
      readers.push(all(next).then((responses) => ({ partition, format, records: responses.flatMap((r) => (format.endsWith('BATCHES') ? batches.parse(r.batches) : r.messages)) })));
    }
  }
  const call = client.PublishStream(soon(240));
  const next = reader(call);
  const writing = (async () => {
    for (const request of sent) if (!call.write(request)) await new Promise((resolve) => call.once('drain', resolve));
    call.end();
  })();
  const nextOffset = new Array(partitions).fill(0);
  const answers = await all(next);
  await writing;
  same(answers.length, sent.length, 'answers');
  for (const answer of answers) {
    const { partition } = sent[Number(answer.correlation_id)];
    same([answer.error, answer.base_offset], ['ERROR_CODE_UNSPECIFIED', `${nextOffset[partition]}`], `answer ${answer.correlation_id}`);
    nextOffset[partition] += perBatch;
  }
  for (const { partition, format, records } of await Promise.all(readers)) {
    same(records.length, expected[partition].length, `messages read of partition ${partition}, ${format}`);
    const wrong = records.findIndex((record, i) => Number(record.offset) !== i || record.value.toString() !== expected[partition][i]);
    check(wrong < 0, `partition ${partition}, ${format}: record ${wrong} is ${wrong < 0 ? '' : `${records[wrong].offset} ${records[wrong].value}`}`);
  }
}

async function endings(client, prefix) {
  const name = `${prefix}-end`;
  await ask(client, 'CreateTopic', { name, partitions: 1 });
  await refused(reader(client.Subscribe({ topic: name, offset: -1 }, soon(0.5)))(), code.DEADLINE_EXCEEDED, null, 'a subscription past its deadline');
  await refused(ask(client, 'Fetch', { topic: name, wait_ms: 20000 }, { seconds: 0.3 }), code.DEADLINE_EXCEEDED, null, 'a fetch past its deadline');
  await refused(reader(client.PublishStream(soon(0.5)))(), code.DEADLINE_EXCEEDED, null, 'a publish stream past its deadline');
  const subscription = client.Subscribe({ topic: name, offset: -1 });
  const next = reader(subscription);
  await new Promise((resolve) => subscription.once('metadata', resolve));
  subscription.cancel();
  await refused(next(), code.CANCELLED, null, 'a cancelled subscription');
  const publishing = client.PublishStream(soon());
  const answers = reader(publishing);
  publishing.write({ topic: name, batch: batches.build([[null, Buffer.from('before the cancel')]]) });
  same((await answers()).base_offset, '0', 'a publish before the cancel');
  publishing.cancel();
  await refused(answers(), code.CANCELLED, null, 'a cancelled publish stream');
  same((await ask(client, 'GetOffsets', { topic: name })).high_watermark, '1', 'the end after a cancelled stream');
  await refused(reader(client.Subscribe({ topic: name, offset: 99 }, soon()))(), code.OUT_OF_RANGE, 'OFFSET_OUT_OF_RANGE', 'a subscription beyond the end');
  const bytes = (method, request) => new Promise((resolve, reject) => client.makeUnaryRequest(method, (b) => b, (b) => b, request, soon(), (e, r) => (e ? reject(e) : resolve(r))));
  await refused(bytes('/goqueue.v1.GoQueue/NoSuch', Buffer.alloc(0)), code.UNIMPLEMENTED, null, 'an unknown method');
  await refused(bytes('/goqueue.v1.GoQueue/GetTopic', Buffer.from([255, 255])), code.INVALID_ARGUMENT, 'MALFORMED_REQUEST', 'bytes that are no message');
  const metadata = new grpc.Metadata();
  metadata.set('x-large', 'a'.repeat(20000));
  await refused(ask(client, 'ListTopics', {}, { metadata }), code.RESOURCE_EXHAUSTED, null, 'metadata over the limit');
  const { producer_id, producer_epoch } = await ask(client, 'InitProducer', {});
  const call = client.PublishStream(soon());
  const next2 = reader(call);
  const batch = batches.build([[null, Buffer.from('once')]], { producer: [BigInt(producer_id), producer_epoch, 0] });
  for (let attempt = 0; attempt < 3; attempt++) {
    call.write({ topic: name, batch });
    same((await next2()).base_offset, '1', `attempt ${attempt} of an idempotent publish`);
  }
  call.end();
}

async function main(address) {
  const sizes = { 'grpc.max_receive_message_length': 64 << 20, 'grpc.max_send_message_length': 64 << 20 };
  const connect = (more) => new goqueue.v1.GoQueue(address, grpc.credentials.createInsecure(), { ...sizes, ...more });
  const client = connect({});
  const packed = connect({ 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip });
  const prefix = `js-${crypto.randomBytes(4).toString('hex')}`;
  await new Promise((resolve, reject) => client.waitForReady(Date.now() + 30000, (error) => (error ? reject(error) : resolve())));
  await healthAndReflection(address);
  await topics(client, prefix);
  await unary(client, packed, prefix);
  await badBatches(client, prefix);
  await endings(client, prefix);
  const began = Date.now();
  await many(client, prefix);
  console.log(`${checks} checks, 100,000 messages in ${(Date.now() - began) / 1000} s, grpc-js ${require('@grpc/grpc-js/package.json').version}`);
  client.close();
  packed.close();
}

if (process.argv.length !== 3) {
  console.error('usage: node run.js HOST:PORT');
  process.exit(2);
}
main(process.argv[2]).catch((difference) => {
  console.log(`DIFFERENT after ${checks} checks: ${difference.stack}`);
  process.exit(1);
});
