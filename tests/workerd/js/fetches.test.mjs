// What an object hands to executors, and what these tell it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { NOT_EXECUTED, NOW, OUTCOME, REQUEST, pending, played, settled, stage } from "./stage.mjs";

const FETCHED = 5, CALL = 3;
const NOT_TAKEN = 4, PERHAPS_TAKEN = 5;
const KEY = new Uint8Array(20).fill(6);
const TOKEN = new Uint8Array(16).fill(9);
const HEAD = [1, FETCHED, 0, ...KEY, ...TOKEN];

const reply = () => new Uint8Array(HEAD);
const text = (bytes) => new TextDecoder().decode(bytes);

// An object with a binding of its own class and what else it is given, and what its executors were handed.
async function fetcher({ taken = () => undefined, env = {}, exports } = {}) {
  const isolate = await stage();
  const handed = [], cancelled = [];
  const executor = (by) => ({
    lumenizeFetch: async (attempt) => {
      handed.push({ by, attempt });
      return taken(handed.length);
    },
    lumenizeCancel: async (id) => { cancelled.push({ by, id }); },
  });
  const given = { FETCHER: { getByName() {} }, LUMENIZE_FETCH: executor("binding"), MAIL: executor("mail"), TEXT: "text", ...env };
  const a = isolate.object("a", given);
  a.ctx.exports = exports ?? { LumenizeFetch: executor("exports") };
  const { fetch, cancel } = isolate.host;
  const start = (id, by = "") => fetch(
    "FETCHER", by, id, 1, reply(), "POST", "http://b/", "x-y:a:b\nx-z:\n", new Uint8Array([7, 8]), 500, 10,
  );
  const fetches = (...ids) => () => {
    for (const id of ids) start(id);
    return played({ answer: "done", alarm: NOW + 5_000 });
  };
  // What the engine was told of attempts that were not taken.
  const told = () => a.turns.filter(({ event }) => event === OUTCOME).map(({ message }) => {
    assert.deepEqual([message.slice(0, 20), message.slice(21, 37)], [KEY, TOKEN]);
    return [message[20], text(message.slice(37))];
  });
  // What it was told as messages.
  const heard = () => a.turns.filter(({ event }) => event === REQUEST).map(({ message }) => [...message]);
  return { isolate, a, handed, cancelled, start, cancel, fetches, told, heard };
}

test("an attempt is handed over after the turn, as a plain object", async () => {
  const taken = pending();
  const { a, handed, fetches, told } = await fetcher({ taken: () => taken.promise });
  a.next(fetches("f"));
  assert.equal(a.ask(), "done");
  assert.deepEqual(handed, [{
    by: "binding",
    attempt: {
      version: 1,
      id: "f",
      number: 1,
      object: { binding: "FETCHER", name: "a" },
      reply: new Uint8Array([1, FETCHED, 2, ...KEY, ...TOKEN]),
      request: { method: "POST", url: "http://b/", headers: [["x-y", "a:b"], ["x-z", ""]], body: new Uint8Array([7, 8]) },
      timeoutMs: 500,
      maxResponseBytes: 10,
    },
  }]);
  taken.settle();
  await settled();
  assert.deepEqual([told(), a.turns.length, a.waited], [[], 1, []]);
});

test("one that has no name is found by its id", async () => {
  const { a, handed, fetches } = await fetcher();
  a.ctx.id = { toString: () => "0123" };
  a.next(fetches("f"));
  a.ask();
  assert.deepEqual(handed[0].attempt.object, { binding: "FETCHER", id: "0123" });
});

test("without a binding the Worker's own exports have the executor", async () => {
  const { a, handed, cancelled, cancel, fetches } = await fetcher({ env: { LUMENIZE_FETCH: undefined } });
  a.next(fetches("f"));
  a.ask();
  a.next(() => { cancel("f"); return played(); });
  a.ask();
  await settled();
  assert.deepEqual([handed[0].by, cancelled], ["exports", [{ by: "exports", id: "f" }]]);
});

test("other executors are found by their names, and told of what is cancelled", async () => {
  const { a, handed, cancelled, start, cancel, told } = await fetcher();
  a.next(() => { start("f", "MAIL"); start("g", "NONE"); start("h", "TEXT"); return played(); });
  a.ask();
  await settled();
  assert.deepEqual(handed.map(({ by }) => by), ["mail"]);
  const missing = (name) => `no binding \`${name}\` to an executor; add it to \`services\` of the Worker's Wrangler file`;
  assert.deepEqual(told(), [[NOT_TAKEN, missing("NONE")], [NOT_TAKEN, missing("TEXT")]]);
  a.next(() => { for (const id of ["f", "g", "x"]) cancel(id); return played(); });
  a.ask();
  await settled();
  assert.deepEqual(cancelled, [{ by: "mail", id: "f" }, { by: "binding", id: "x" }]);
});

test("what can't be handed over is told at once", async () => {
  const none = await fetcher({ env: { LUMENIZE_FETCH: undefined }, exports: {} });
  none.a.next(none.fetches("f"));
  none.a.ask();
  await settled();
  assert.match(none.told()[0][1], /^no executor: let the Worker's compatibility date be/);

  const nowhere = await fetcher({ env: { FETCHER: undefined } });
  nowhere.a.next(nowhere.fetches("f"));
  nowhere.a.ask();
  await settled();
  assert.match(nowhere.told()[0][1], /^no binding `FETCHER`, by which/);
  assert.deepEqual(nowhere.handed, []);

  for (const [error, how] of [
    [new TypeError("no such method"), NOT_TAKEN],
    [new Error("the executor's own"), NOT_TAKEN],
    [new Error("Network connection lost."), PERHAPS_TAKEN],
    [new Error("internal error; reference = x"), PERHAPS_TAKEN],
    [Object.assign(new Error("reset"), { retryable: true }), PERHAPS_TAKEN],
  ]) {
    const { a, fetches, told } = await fetcher({ taken: () => { throw error; } });
    a.next(fetches("f"));
    a.ask();
    await settled();
    assert.deepEqual(told(), [[how, error.message]]);
  }
});

test("what a turn that traps or is lost has asked for is not handed over", async () => {
  const { isolate, a, handed, fetches } = await fetcher();
  a.next(() => { fetches("f")(); throw new Error("unreachable"); });
  assert.throws(() => a.ask());
  isolate.start();
  a.next(() => { fetches("g")(); return played({ lost: "disk" }); });
  a.ask();
  a.ask();
  await settled();
  assert.deepEqual(handed, []);
});

test("five hundred leave after one event, and deep chains go on through the alarm", async () => {
  const { isolate, a, handed, fetches } = await fetcher();
  a.next(fetches(...Array.from({ length: 700 }, (_, n) => `${n}`)));
  a.ask();
  assert.deepEqual([handed.length, a.alarm], [500, NOW + 1]);
  isolate.now += 1;
  await a.ring();
  assert.deepEqual([handed.length, handed[699].attempt.reply[2]], [700, 2]);
  for (const [depth, count] of [[6, 701], [7, 702], [8, 702], [255, 702]]) {
    for (const kind of [CALL, FETCHED]) {
      a.next(kind === FETCHED ? fetches("deep") : () => played());
      a.seen.lumenize(new Uint8Array([1, kind, depth, ...HEAD.slice(3)]));
    }
    assert.equal(handed.length, count, `${depth}`);
  }
  assert.equal(handed[701].attempt.reply[2], 9);
});

// The outcomes of host/wire/fetched/tests.rs.
const outcomes = [
  [{ response: { status: 200, url: "http://a/", headers: [["x-y", "z"]], body: "ok" } }, "\x00\xc8\x01\x09http://a/\x01\x01\x03x-y\x01z\x02ok"],
  [{ error: { kind: "connect", reason: "no" } }, "\x01\x00\x02no"],
  [{ error: { kind: "certificate", reason: "no" } }, "\x01\x01\x02no"],
  [{ error: { kind: "network", reason: "no" } }, "\x01\x02\x02no"],
  [{ error: { kind: "timeout", phase: "queue" } }, "\x01\x03\x00"],
  [{ error: { kind: "timeout", phase: "connect" } }, "\x01\x03\x01"],
  [{ error: { kind: "timeout" } }, "\x01\x03\x02"],
  [{ error: { kind: "timeout", phase: "body" } }, "\x01\x03\x03"],
  [{ error: { kind: "tooLarge", limit: 300 } }, "\x01\x04\xac\x02"],
  [{ error: { kind: "redirect", reason: "no" } }, "\x01\x05\x02no"],
  [{ error: { kind: "refused", url: "u", reason: "no" } }, "\x01\x06\x01u\x02no"],
  [{ error: { kind: "handOver", reason: "no" } }, "\x01\x07\x02no"],
  [{ error: { kind: "unknown", reason: "no" } }, "\x01\x09\x02no"],
];

test("what an executor tells is written as the engine reads it", async () => {
  const { a, heard } = await fetcher();
  for (const [outcome] of outcomes) assert.equal(a.seen.lumenize({ reply: reply(), ...outcome }), undefined);
  const expected = outcomes.map(([, bytes]) => [...HEAD, ...Buffer.from(bytes, "latin1")]);
  assert.deepEqual(heard(), expected);
  // The bytes themselves are as good.
  a.seen.lumenize(new Uint8Array(expected[0]));
  assert.deepEqual(heard().at(-1), expected[0]);
  // In each of its forms.
  a.turns.length = 0;
  const bodies = ["é", new Uint8Array([1, 2]), new Uint8Array([1, 2]).buffer, undefined];
  for (const body of bodies) a.seen.lumenize({ reply: reply(), response: { status: 204, body } });
  assert.deepEqual(heard().map((message) => message.slice(45)), [[2, 0xc3, 0xa9], [2, 1, 2], [2, 1, 2], [0]]);
  const long = "x".repeat(3_000);
  a.seen.lumenize({ reply: reply(), error: { kind: "network", reason: long } });
  assert.equal(heard().at(-1).length, HEAD.length + 2 + 2 + 1_000);
});

test("what is nothing that an executor tells is refused, and reaches no engine", async () => {
  const { a, heard } = await fetcher();
  const head = (place, byte) => { const bytes = reply(); bytes[place] = byte; return bytes; };
  const response = { status: 200 };
  class Other { reply = reply(); response = response; }
  for (const told of [
    {}, { reply: undefined }, { reply: HEAD, response }, { reply: reply().subarray(1), response },
    { reply: head(0, 2), response }, { reply: head(1, 0), response }, new Other(),
    { reply: reply() }, { reply: reply(), response: null }, { reply: reply(), response: () => {} },
    { reply: reply(), response: { status: "200" } }, { reply: reply(), response: { status: -1 } },
    { reply: reply(), response: { status: 2.5 } }, { reply: reply(), response: { status: 200, url: 7 } },
    { reply: reply(), response: { status: 200, headers: { a: "b" } } },
    { reply: reply(), response: { status: 200, headers: ["ab"] } },
    { reply: reply(), response: { status: 200, headers: [["a", 7]] } },
    { reply: reply(), response: { status: 200, body: [1, 2] } }, { reply: reply(), response: { status: 200, body: () => {} } },
    { reply: reply(), error: "no" }, { reply: reply(), error: { kind: "toString" } }, { reply: reply(), error: {} },
    { reply: reply(), error: { kind: "network", reason: 7 } }, { reply: reply(), error: { kind: "tooLarge" } },
    { reply: reply(), error: { kind: "timeout", phase: "nap" } },
  ]) {
    assert.throws(() => a.seen.lumenize(told), TypeError);
  }
  assert.throws(() => a.seen.lumenize({ reply: reply(), response: { status: 200, body: new Uint8Array(2_000_000) } }), RangeError);
  assert.deepEqual(heard(), []);
  a.seen.lumenize({ reply: reply(), response: { status: 200, body: new Uint8Array(1_800_000) } });
  assert.equal(heard().length, 1);
  // Nor is any other message longer than before.
  assert.throws(() => a.seen.lumenize(new Uint8Array(1_800_000).fill(1)), RangeError);
});

test("what the engine can't read is an exception to who told it", async () => {
  const { a } = await fetcher();
  a.next(() => played({ answer: "refused" }));
  assert.throws(() => a.seen.lumenize({ reply: reply(), response: { status: 7 } }), { message: `${NOT_EXECUTED}what is told of a fetch can't be read` });
  a.trap();
  assert.throws(() => a.seen.lumenize({ reply: reply(), response: { status: 200 } }), { message: /trapped/ });
});

test("what comes of a fetch waits for what is marked, and brings nothing back to a destroyed object", async () => {
  const { isolate, a, heard } = await fetcher();
  const disk = pending();
  a.disk = disk.promise;
  a.next(() => played({ resume: new Uint8Array(16) }));
  const ringing = a.ring();
  await settled();
  const told = a.seen.lumenize({ reply: reply(), response: { status: 200 } });
  assert.equal(heard().length, 0);
  disk.settle();
  await Promise.all([ringing, told]);
  assert.equal(heard().length, 1);

  const gone = isolate.object("gone");
  gone.storage.sql.databaseSize = 4_096;
  assert.equal(gone.seen.lumenize({ reply: reply(), response: { status: 200 } }), undefined);
  assert.deepEqual(gone.turns, []);
});
