// What a Worker does when its call fails.

import assert from "node:assert/strict";
import { test } from "node:test";
import { NOT_EXECUTED, stage } from "./stage.mjs";

const RUN = 0, RUN_AGAIN = 2, NEVER = -1;
const LOST = new Error(`${NOT_EXECUTED}the wasm instance was lost; try again`);
const retryable = Object.assign(new Error("Network connection lost."), { retryable: true });
const overloaded = Object.assign(new Error("Durable Object is overloaded."), { overloaded: true });

// Calls an object whose stubs answer so in turn. Also: the kinds of message that were sent, the stubs
// that were made, and how long was waited.
async function called(again, ...outcomes) {
  const { host } = await stage();
  const kinds = [], waits = [];
  let stubs = 0;
  const namespace = {
    getByName(name) {
      assert.equal(name, "main");
      stubs += 1;
      let used = false;
      return {
        async lumenize(message) {
          assert.ok(!used, "a stub is used once");
          used = true;
          kinds.push(message.charCodeAt(1));
          const outcome = outcomes.shift();
          if (outcome instanceof Uint8Array) return outcome;
          throw outcome;
        },
      };
    },
  };
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (done, wait) => { waits.push(wait); setImmediate(done); };
  try {
    const answer = await host.ask(host.route(namespace, "main", false), host.pack(new Uint8Array([1, RUN, 5])), again);
    return { answer, kinds, stubs, waits };
  } finally {
    globalThis.setTimeout = setTimeout;
  }
}

const bytes = new Uint8Array([7]);

test("an answer is given as it comes", async () => {
  const { answer, kinds, waits } = await called(NEVER, bytes);
  assert.deepEqual([answer, kinds, waits], [[bytes], [RUN], []]);
});

test("what met a lost wasm instance is sent again by a new stub, whatever it does", async () => {
  const { answer, kinds, stubs } = await called(NEVER, LOST, LOST, bytes);
  assert.deepEqual([answer, kinds, stubs], [[bytes], [RUN, RUN, RUN], 3]);
});

test("what the runtime calls retryable is sent again if it only reads, as what may have run", async () => {
  const reading = await called(RUN_AGAIN, retryable, LOST, bytes);
  assert.deepEqual([reading.answer, reading.kinds], [[bytes], [RUN, RUN_AGAIN, RUN_AGAIN]]);
  const writing = await called(NEVER, retryable);
  assert.deepEqual([writing.answer, writing.stubs], [[undefined, "Network connection lost.", false, false], 1]);
});

test("four attempts, and longer waits between them, at random", async () => {
  const most = [100, 200, 400];
  for (let n = 0; n < 20; n += 1) {
    const { answer, stubs, waits } = await called(RUN_AGAIN, ...Array(9).fill(n % 2 ? LOST : retryable));
    assert.equal(stubs, 4);
    assert.equal(answer[0], undefined);
    assert.deepEqual(answer[2], n % 2 === 1);
    assert.equal(waits.length, 3);
    for (const [i, wait] of waits.entries()) assert.ok(wait >= most[i] / 2 && wait <= most[i], `${waits}`);
  }
});

test("an error that says nothing is told of by its kind", async () => {
  const { answer } = await called(NEVER, new RangeError(""));
  assert.deepEqual(answer, [undefined, "RangeError", false, false]);
});

test("what is overloaded is left alone, though it be retryable", async () => {
  for (const error of [overloaded, Object.assign(new Error(overloaded.message), { overloaded: true, retryable: true })]) {
    for (const again of [NEVER, RUN_AGAIN]) {
      const { answer, stubs } = await called(again, error);
      assert.deepEqual([answer, stubs], [[undefined, "Durable Object is overloaded.", false, true], 1]);
    }
  }
  // Also when it becomes so.
  const { answer, stubs } = await called(RUN_AGAIN, retryable, overloaded, bytes);
  assert.deepEqual([answer[3], stubs], [true, 2]);
});

test("not executed and unknown are told apart, and neither is tried again", async () => {
  for (const again of [NEVER, RUN_AGAIN]) {
    const trapped = await called(again, new Error(`${NOT_EXECUTED}it trapped: x`));
    assert.deepEqual([trapped.answer, trapped.stubs], [[undefined, "it trapped: x", true, false], 1]);
    const reset = Object.assign(new Error("Durable Object reset"), { durableObjectReset: true });
    const unknown = await called(again, reset);
    assert.deepEqual([unknown.answer, unknown.stubs], [[undefined, "Durable Object reset", false, false], 1]);
  }
});

test("whatever is thrown has a reason", async () => {
  for (const [thrown, reason] of [["text", "text"], [null, "null"], [undefined, "undefined"], [{}, "[object Object]"]]) {
    const { answer } = await called(RUN_AGAIN, thrown);
    assert.deepEqual(answer, [undefined, reason, false, false]);
  }
});

test("an object without a name is asked by its id", async () => {
  const { host } = await stage();
  const asked = [];
  const namespace = {
    idFromString: (id) => ({ id }),
    get: ({ id }) => ({ lumenize: async (packed) => { asked.push([id, packed]); return bytes; } }),
  };
  const message = host.pack(new Uint8Array([1, RUN, 5]));
  const answer = await host.ask(host.route(namespace, "00ff", true), message, NEVER);
  assert.deepEqual([answer, asked], [[bytes], [["00ff", message]]]);
});

// Asks a route three times, by stubs that are numbered as they are made. The answers, and which
// stub was asked what.
async function askedThrice(again, outcomes) {
  const { host } = await stage();
  const asked = [];
  let stubs = 0;
  const namespace = {
    getByName() {
      const stub = (stubs += 1);
      return {
        async lumenize(message) {
          asked.push([stub, message.charCodeAt(1)]);
          const outcome = outcomes.shift();
          if (outcome instanceof Error) throw outcome;
          return outcome;
        },
      };
    },
  };
  const route = host.route(namespace, "main", false);
  const answers = [];
  for (let n = 0; n < 3; n += 1) {
    answers.push(await host.ask(route, host.pack(new Uint8Array([1, RUN, 5])), again));
  }
  return { answers, asked };
}

test("what only reads keeps the stub that answered, until it is broken", async () => {
  const broken = new Error("broken.");
  const reading = await askedThrice(RUN_AGAIN, [bytes, broken, bytes, bytes]);
  assert.deepEqual(reading.answers, [[bytes], [bytes], [bytes]]);
  assert.deepEqual(reading.asked, [[1, RUN], [1, RUN], [2, RUN_AGAIN], [2, RUN]]);
  const writing = await askedThrice(NEVER, [bytes, bytes, bytes]);
  assert.deepEqual(writing.asked, [[1, RUN], [2, RUN], [3, RUN]]);
});

test("what our class throws is no broken stub", async () => {
  for (const said of [`${NOT_EXECUTED}it trapped: x`, "lumenize: it trapped: x"]) {
    const { answers, asked } = await askedThrice(RUN_AGAIN, [bytes, new Error(said), bytes]);
    assert.equal(answers[1][0], undefined);
    assert.deepEqual(asked.map(([stub]) => stub), [1, 1, 2]);
  }
});

test("up to 4 KiB travel as text, a character for each byte, and more as bytes", async () => {
  const { host } = await stage();
  const all = Uint8Array.from({ length: 4_096 }, (_, place) => place);
  const sent = [];
  const namespace = { getByName: () => ({ lumenize: async (packed) => { sent.push(packed); return packed; } }) };
  for (const message of [new Uint8Array(), all, new Uint8Array(4_097).fill(255)]) {
    const [answer] = await host.ask(host.route(namespace, "main", false), host.pack(message), NEVER);
    assert.deepEqual(answer, message);
  }
  assert.deepEqual(sent.map((packed) => typeof packed), ["string", "string", "object"]);
});
