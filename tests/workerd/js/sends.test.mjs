// What an object sends to others, and what becomes of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ALARM, ITEM, NOT_EXECUTED, NOT_RUN, NOW, OUTCOME, REQUEST, RESUME, TRAPPED, pending, played, settled, stage } from "./stage.mjs";

const CALL = 3, ACKNOWLEDGE = 4;
const ANSWERED = 0, NOT_HEARD = 1, OVERLOADED = 2, IMPOSSIBLE = 3;
const KEY = new Uint8Array(20).fill(5);
const LOST = `${NOT_EXECUTED}the wasm instance was lost; try again`;

// A call as the engine gives it: version, kind, depth, how many ids, and 40 bytes more.
const letter = () => new Uint8Array([1, CALL, 0, 0, ...Array(40).fill(8)]);
const id = (n) => new Uint8Array(16).fill(n);
const bytes = (packed) => (typeof packed === "string" ? [...packed].map((one) => one.charCodeAt(0)) : [...packed]);

// An object with a binding `LAB`: what is sent by it, in order, and what `answers` says to each.
async function caller(answers = () => new Uint8Array([1, 2])) {
  const isolate = await stage();
  const sent = [];
  let stubs = 0;
  const stub = (address) => {
    stubs += 1;
    let used = false;
    return {
      async lumenize(packed) {
        assert.ok(!used, "a stub is used once");
        used = true;
        sent.push({ address, message: bytes(packed) });
        return answers(sent.length, address);
      },
    };
  };
  const LAB = {
    getByName: (name) => stub(name),
    idFromString: (text) => {
      if (text.length !== 64) throw new TypeError("no id");
      return { text };
    },
    get: ({ text }) => stub(`id ${text}`),
  };
  const a = isolate.object("a", { LAB, VALUE: "text" });
  const { send, acknowledge } = isolate.host;
  // Plays a turn that sends calls to these.
  const sends = (...names) => () => {
    for (const name of names) send("LAB", "Lab", name, false, KEY, letter());
    return played({ answer: "done", alarm: NOW + 5_000 });
  };
  // What the engine was told of calls: how, and the rest.
  const told = () => a.turns.filter(({ event }) => event === OUTCOME).map(({ message }) => {
    assert.deepEqual(message.slice(0, 20), KEY);
    return [message[20], message.slice(21)];
  });
  const depths = () => sent.map(({ message }) => message[2]);
  return { isolate, a, sent, send, acknowledge, sends, told, depths, stubs: () => stubs };
}

const text = (bytes) => new TextDecoder().decode(bytes);
const reset = Object.assign(new Error("reset"), { durableObjectReset: true });

test("a call leaves after the turn, and the answer to its cause does not wait for it", async () => {
  const answer = pending();
  const { a, sent, sends, told } = await caller(() => answer.promise);
  a.next(sends("b"));
  assert.equal(a.ask(), "done");
  // Nothing of wasm's memory is in it any more.
  assert.deepEqual(sent, [{ address: "b", message: [1, CALL, 1, 0, ...Array(40).fill(8)] }]);
  assert.deepEqual(a.notes, ["turn 0", "setAlarm 5000"]);
  await settled();
  assert.deepEqual(told(), []);
  answer.settle(new Uint8Array([1, 3, 9]));
  await settled();
  assert.deepEqual(told(), [[ANSWERED, new Uint8Array([1, 3, 9])]]);
});

test("what a turn that traps or is lost has asked for is not sent", async () => {
  const { isolate, a, sent, sends } = await caller();
  a.next(() => { sends("b")(); throw new Error("unreachable"); });
  assert.throws(() => a.ask());
  isolate.start();
  a.next(() => { sends("b")(); return played({ lost: "disk" }); });
  a.ask();
  a.ask();
  await settled();
  assert.deepEqual(sent, []);
});

test("each exception is a call that was lost, and is not sent again here", async () => {
  for (const [thrown, how, reason] of [
    [new Error("gone"), NOT_HEARD, "gone"],
    [Object.assign(new Error("net"), { retryable: true }), NOT_HEARD, "net"],
    [reset, NOT_HEARD, "reset"],
    [new Error(`${NOT_EXECUTED}it trapped: x`), NOT_HEARD, "it trapped: x"],
    [Object.assign(new Error("much"), { overloaded: true, retryable: true }), OVERLOADED, "much"],
    ["text", NOT_HEARD, "text"],
  ]) {
    const { a, sent, sends, told } = await caller(() => { throw thrown; });
    a.next(sends("b"));
    a.ask();
    await settled();
    assert.deepEqual(told().map(([how, rest]) => [how, text(rest)]), [[how, reason]]);
    assert.equal(sent.length, 1);
  }
  // What is no answer of ours.
  for (const answer of [undefined, null, 7, {}, "\u0100"]) {
    const { a, sends, told } = await caller(() => answer);
    a.next(sends("b"));
    a.ask();
    await settled();
    assert.deepEqual(told().map(([how]) => how), [NOT_HEARD]);
  }
});

test("what met a lost wasm instance is sent again as the same attempt", async () => {
  const { a, sent, sends, told } = await caller((n) => {
    if (n < 3) throw new Error(LOST);
    return new Uint8Array([1]);
  });
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (done) => setImmediate(done);
  try {
    a.next(sends("b"));
    a.ask();
    for (let n = 0; n < 9; n += 1) await settled();
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assert.deepEqual(sent.map(({ message }) => message), Array(3).fill([1, CALL, 1, 0, ...Array(40).fill(8)]));
  assert.deepEqual(told().map(([how]) => how), [ANSWERED]);
});

test("an object is found by its name or its id, and what is none is said", async () => {
  const { a, sent, send, told } = await caller();
  const known = "0".repeat(64);
  a.next(() => {
    send("LAB", "Lab", known, true, KEY, letter());
    send("LAB", "Lab", "x", true, KEY, letter());
    send("NONE", "Lab", "x", false, KEY, letter());
    send("VALUE", "Lab", "x", false, KEY, letter());
    return played();
  });
  a.ask();
  assert.equal(a.turns.length, 1);
  await settled();
  assert.deepEqual(sent.map(({ address }) => address), [`id ${known}`]);
  const impossible = told().filter(([how]) => how === IMPOSSIBLE).map(([, reason]) => text(reason));
  assert.deepEqual(impossible, [
    "`x` is no id of a `Lab`: TypeError: no id",
    "no binding `NONE` for `Lab`; add it to `durable_objects.bindings` of the Worker's Wrangler file",
    "no binding `VALUE` for `Lab`; add it to `durable_objects.bindings` of the Worker's Wrangler file",
  ]);
  assert.equal(told().length, 4);
});

test("a chain of RPC goes eight objects deep, then on through the alarm", async () => {
  const { isolate, a, sends, depths } = await caller();
  for (let depth = 0; depth < 10; depth += 1) {
    a.next(sends("b"));
    a.seen.lumenize(new Uint8Array([1, CALL, depth, 0]));
    assert.equal(a.alarm, depth < 8 ? NOW + 5_000 : NOW + 1, `${depth}`);
  }
  assert.deepEqual(depths(), [1, 2, 3, 4, 5, 6, 7, 8]);
  // Whatever comes meanwhile: the alarm stays where it is.
  a.next(() => played({ alarm: NOW + 7_000 }));
  a.ask();
  assert.equal(a.alarm, NOW + 1);
  a.next(() => played({ alarm: NOW + 7_000 }));
  isolate.now += 1;
  await a.ring();
  assert.deepEqual(depths().slice(8), [1, 1]);
  assert.equal(a.alarm, NOW + 7_000);
  await settled();
});

test("a message of a Worker begins at depth 0, whatever its third byte is", async () => {
  const { a, sends, depths } = await caller();
  for (const message of [[1, 0, 200], [1, 2, 200], [1, 1, 200], [1, ACKNOWLEDGE, 200]]) {
    a.next(sends("b"));
    a.seen.lumenize(new Uint8Array(message));
  }
  assert.deepEqual(depths(), [1, 1, 1, 1]);
  await settled();
});

test("five hundred calls leave after one event, and the rest through the alarm", async () => {
  const { isolate, a, sent, sends } = await caller();
  a.next(sends(...Array(1_200).fill("b")));
  a.ask();
  assert.deepEqual([sent.length, a.alarm], [500, NOW + 1]);
  for (const [most, alarm] of [[1_000, 2], [1_200, undefined]]) {
    // The outcomes so far are turns of their own.
    await settled();
    isolate.now += 1;
    a.next(() => played({ alarm: null }));
    await a.ring();
    assert.equal(sent.length, most);
    assert.equal(a.alarm, alarm ? NOW + alarm : null);
  }
  await settled();
  assert.equal(a.turns.filter(({ event }) => event === OUTCOME).length, 1_200);
});

test("an outcome that finds no wasm instance is told when the alarm rings", async () => {
  const answer = pending();
  const { isolate, a, sends, told } = await caller(() => answer.promise);
  a.next(sends("b"));
  a.ask();
  const beside = isolate.object("beside");
  beside.trap();
  assert.throws(() => beside.ask());
  answer.settle(new Uint8Array([7]));
  await settled();
  assert.deepEqual([told(), a.alarm], [[], NOW + 1]);
  isolate.start();
  // What comes before does not move it.
  a.next(() => played({ alarm: NOW + 7_000 }));
  a.ask();
  assert.equal(a.alarm, NOW + 1);
  isolate.now += 1;
  await a.ring();
  assert.deepEqual(told(), [[ANSWERED, new Uint8Array([7])]]);
  assert.deepEqual(a.turns.map(({ event }) => event).slice(-2), [OUTCOME, ALARM]);
});

test("an outcome whose turn traps is told once more, to a careful engine, after the backoff", async () => {
  for (const lost of [undefined, "disk"]) {
    const { isolate, a, sends, told } = await caller();
    a.next(sends("b"));
    a.ask();
    if (lost) a.next(() => played({ lost }));
    else a.trap();
    await settled();
    assert.equal(a.alarm, NOW + 100);
    assert.equal(told().length, 1);
    isolate.start();
    a.next(() => played({ alarm: NOW + 200 }));
    await a.ring();
    assert.equal(told().length, 2);
    assert.equal(a.opened.at(-1).start, TRAPPED);
    // And not a third time: the call's own row is due by then.
    a.trap();
    await a.ring();
    isolate.start();
    await a.ring();
    assert.equal(told().length, 2);
  }
});

test("in the alarm too, nothing follows an outcome that traps", async () => {
  const { isolate, a, sends } = await caller();
  a.next(sends("b", "c"));
  a.ask();
  a.trap();
  await settled();
  // The second one found no instance.
  isolate.start();
  a.turns.length = 0;
  a.trap();
  await a.ring();
  assert.deepEqual(a.turns.map(({ event }) => event), [OUTCOME]);
  isolate.start();
  await a.ring();
  assert.deepEqual(a.turns.map(({ event }) => event), [OUTCOME, OUTCOME, ALARM]);
});

test("an outcome waits for what is marked, and brings nothing back to a destroyed object", async () => {
  const answer = pending();
  const { a, sends, told } = await caller(() => answer.promise);
  a.next(sends("b"));
  a.ask();
  const disk = pending();
  a.disk = disk.promise;
  a.next(() => played({ resume: ITEM }));
  const ringing = a.ring();
  await settled();
  answer.settle(new Uint8Array([7]));
  await settled();
  assert.deepEqual(told(), []);
  disk.settle();
  await ringing;
  await settled();
  assert.deepEqual(a.turns.map(({ event }) => event), [REQUEST, ALARM, RESUME, OUTCOME]);

  const gone = await caller();
  gone.a.next(gone.sends("b"));
  gone.a.ask();
  gone.a.next(() => played({ answer: "destroyed", destroyed: true, alarm: null }));
  gone.a.ask();
  await settled();
  await settled();
  assert.deepEqual(gone.told(), []);
});

test("however much waits for what is marked, each begins once the one before has ended, and has its own answer", async () => {
  const became = [pending(), pending()];
  const { a, sends } = await caller((n) => became[n - 1].promise);
  a.next(sends("b", "b"));
  a.ask();
  // Whatever comes now is marked, but for outcomes, and then answered with its last byte.
  let marked = undefined;
  const play = () => {
    const { event, message } = a.turns.at(-1);
    if (event === RESUME) {
      const answer = marked;
      marked = undefined;
      return played({ answer });
    }
    assert.equal(marked, undefined, "one thing at a time");
    if (event === OUTCOME) return played();
    marked = message.at(-1) ?? "the alarm's";
    return played({ resume: ITEM });
  };
  a.plays = Array(20).fill(play);
  const disk = pending();
  a.disk = disk.promise;
  const answers = [a.ask(1), a.ask(2), a.ask(3)];
  const ringing = a.ring();
  for (const one of became) one.settle(new Uint8Array([7]));
  await settled();
  answers.push(a.ask(4));
  disk.settle();
  await ringing;
  assert.deepEqual(await Promise.all(answers), [1, 2, 3, 4]);
  await settled();
  const events = a.turns.slice(1).map(({ event }) => event);
  assert.deepEqual(events.sort(), [REQUEST, REQUEST, REQUEST, REQUEST, ALARM, ...Array(5).fill(RESUME), OUTCOME, OUTCOME]);
});

test("an outcome that destroys the object lets it be erased", async () => {
  const { a, sends } = await caller();
  a.next(sends("b"));
  a.ask();
  a.next(() => played({ destroyed: true, alarm: null }));
  await settled();
  await Promise.all(a.waited);
  assert.deepEqual(a.notes.slice(-2), ["sync", "deleteAll"]);
});

// Time that the test lets pass.
async function clock(body) {
  const { setTimeout } = globalThis;
  const timers = [];
  globalThis.setTimeout = (done, ms) => timers.push({ done, ms });
  try {
    await body(timers);
  } finally {
    globalThis.setTimeout = setTimeout;
  }
}

const acknowledged = (message) => {
  const [from, count] = message[1] === CALL ? [4, message[3]] : [2, (message.length - 2) / 16];
  return Array.from({ length: count }, (_, n) => message[from + 16 * n]);
};

test("an acknowledgement goes with the next call to the same object", async () => {
  await clock(async (timers) => {
    const { a, sent, send, acknowledge, sends } = await caller();
    a.next(() => {
      for (const n of [1, 2, 3]) acknowledge("LAB", "Lab", n < 3 ? "b" : "c", false, id(n));
      return played();
    });
    a.ask();
    assert.deepEqual([sent.length, timers.length, timers[0].ms], [0, 1, 1_000]);
    a.next(sends("b", "b"));
    a.ask();
    assert.deepEqual(sent.map(({ message }) => acknowledged(message)), [[1, 2], []]);
    // What the engine has written stands behind them.
    assert.deepEqual(sent[0].message, [1, CALL, 1, 2, ...id(1), ...id(2), ...Array(40).fill(8)]);
    // One by its id is another, whatever that is.
    a.next(() => { send("LAB", "Lab", "c".repeat(64), true, KEY, letter()); return played(); });
    a.ask();
    assert.deepEqual(acknowledged(sent[2].message), []);
    timers[0].done();
    assert.deepEqual(sent.slice(3), [{ address: "c", message: [1, ACKNOWLEDGE, ...id(3)] }]);
    await settled();
  });
});

test("else it goes after a second, with all others for the object", async () => {
  await clock(async (timers) => {
    const { a, sent, acknowledge, sends } = await caller();
    const heard = (count) => () => {
      for (let n = 0; n < count; n += 1) acknowledge("LAB", "Lab", "b", false, id(n % 250));
      return played();
    };
    a.next(heard(2_000));
    a.ask();
    a.next(heard(200));
    a.ask();
    a.next(sends("b"));
    a.ask();
    assert.equal(timers.length, 1);
    timers[0].done();
    const counts = sent.map(({ message }) => acknowledged(message).length);
    assert.deepEqual(counts, [100, 1_000, 1_000, 100]);
    // The next one needs a timer of its own.
    a.next(heard(1));
    a.ask();
    assert.equal(timers.length, 2);
    await settled();
  });
});

test("an acknowledgement that is lost is no outcome", async () => {
  await clock(async (timers) => {
    const { isolate, a, acknowledge } = await caller(() => { throw new Error("gone"); });
    a.next(() => {
      acknowledge("LAB", "Lab", "b", false, id(1));
      acknowledge("NONE", "Lab", "b", false, id(1));
      return played();
    });
    a.ask();
    timers[0].done();
    await settled();
    assert.deepEqual([a.turns.length, isolate.told.error], [1, []]);
  });
});

const marked = () => played({ resume: ITEM, alarm: NOW + 50 });

test("a call that was marked is answered by the turn that runs it, once the mark is on disk", async () => {
  const { a } = await caller();
  const disk = pending();
  a.disk = disk.promise;
  a.next(marked);
  a.next(() => played({ answer: "ran" }));
  a.next(() => played({ answer: "after" }));
  const answers = [a.ask(), a.ask()];
  await settled();
  assert.deepEqual(a.notes, ["turn 0", "setAlarm 50"]);
  disk.settle();
  assert.deepEqual(await Promise.all(answers), ["ran", "after"]);
  assert.deepEqual(a.notes, ["turn 0", "setAlarm 50", "sync", "turn 2", "turn 0"]);
});

test("a marked call that traps is told as such, and named to the next engine", async () => {
  const { isolate, a } = await caller();
  a.next(marked);
  a.trap();
  await assert.rejects(a.ask(), { message: `${NOT_EXECUTED}it trapped: Error: unreachable` });
  assert.equal(a.alarm, NOW + 100);
  isolate.start();
  a.ask();
  assert.deepEqual(a.opened[1], { name: "a", start: TRAPPED, item: [...ITEM], reason: "it trapped: Error: unreachable" });
});

test("a marked call that could not run is refused, for another attempt, and its mark given back", async () => {
  const { isolate, a } = await caller();
  const disk = pending();
  a.disk = disk.promise;
  a.next(marked);
  const answer = a.ask();
  await settled();
  isolate.start(); // after another object's trap
  disk.settle();
  await assert.rejects(answer, { message: LOST });
  assert.deepEqual(a.turns.map(({ event }) => event), [REQUEST]);
  a.ask();
  assert.deepEqual([a.opened[1].start, a.opened[1].item], [NOT_RUN, [...ITEM]]);
});

test("a marked call that destroys the object is answered first", async () => {
  const { a } = await caller();
  a.next(marked);
  a.next(() => played({ answer: "destroyed", destroyed: true, alarm: null }));
  assert.equal(await a.ask(), "destroyed");
  await Promise.all(a.waited);
  assert.deepEqual(a.notes.slice(-2), ["sync", "deleteAll"]);
});

test("nothing that comes by RPC is the outcome of a call", async () => {
  const { a } = await caller();
  for (let kind = 0; kind < 256; kind += 1) {
    a.seen.lumenize(new Uint8Array([1, kind, ...KEY, ANSWERED, 1, 3]));
  }
  assert.ok(a.turns.every(({ event }) => event === REQUEST));
  assert.equal(a.turns.length, 256);
});
