// Traps, lost transactions, and what goes on after them.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ALARM, ITEM, NOT_EXECUTED, NOT_RUN, NOW, REQUEST, RESUME, TRAPPED, UNKNOWN, pending, played, settled, stage,
} from "./stage.mjs";

const isDead = () => globalThis.__worker_init_state.criticalError;
const resume = () => played({ resume: ITEM });
const message = (call) => {
  try {
    return `answered ${call()}`;
  } catch (error) {
    return error.message;
  }
};

test("a request that traps has not been executed, and leaves the alarm alone", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  lab.next(() => {
    isolate.host.panicked("panicked at lab.rs");
    throw new Error("unreachable");
  });
  assert.equal(message(() => lab.ask()), `${NOT_EXECUTED}it trapped: panicked at lab.rs`);
  assert.ok(isDead());
  assert.equal(lab.alarm, undefined);
  assert.match(isolate.told.error[0], /^Lab lab: it trapped: panicked at lab.rs\n/);
  isolate.start();
  lab.ask();
  const [, again] = lab.opened;
  assert.deepEqual(again, { name: "lab", start: TRAPPED, item: [], reason: "it trapped: panicked at lab.rs" });
});

test("whatever is thrown out of wasm is a trap", async () => {
  const isolate = await stage();
  for (const [n, thrown] of [new RangeError("stack"), new Error("x"), "text", null, undefined].entries()) {
    const lab = isolate.object(`lab-${n}`);
    lab.next(() => { throw thrown; });
    assert.equal(message(() => lab.ask()), `${NOT_EXECUTED}it trapped: ${thrown}`);
    assert.ok(isDead());
    isolate.start();
  }
  // Also when the engine opens, or before.
  const lab = isolate.object("lab");
  lab.open = () => { throw new RangeError("stack"); };
  assert.equal(message(() => lab.ask()), `${NOT_EXECUTED}it trapped: RangeError: stack`);
  isolate.start();
  isolate.alive = () => { throw new Error("no instance"); };
  assert.equal(message(() => lab.ask()), `${NOT_EXECUTED}it trapped: Error: no instance`);
  assert.equal(lab.turns.length, 0);
});

test("what traps after a commit may have been executed, and the alarm is set", async () => {
  const lab = (await stage()).object("lab");
  lab.next(() => {
    lab.transaction();
    throw new Error("unreachable");
  });
  assert.equal(message(() => lab.ask()), "lumenize: it trapped: Error: unreachable");
  assert.equal(lab.alarm, NOW + 100);
});

test("a savepoint that was kept is no commit", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  lab.next(() => {
    lab.transaction(() => {
      assert.equal(isolate.host.transaction(lab.storage, false, () => true), undefined);
      throw new Error("unreachable");
    });
  });
  assert.equal(message(() => lab.ask()), `${NOT_EXECUTED}it trapped: Error: unreachable`);
  assert.equal(lab.alarm, undefined);
});

test("a trap passes through a transaction and undoes it", async () => {
  const lab = (await stage()).object("lab");
  const trap = new Error("unreachable");
  lab.next(() => {
    lab.transaction(() => { throw trap; });
    assert.fail("Rust went on");
  });
  assert.equal(message(() => lab.ask()), `${NOT_EXECUTED}it trapped: Error: unreachable`);
  assert.deepEqual(lab.notes, ["turn 0", "begin", "rollback"]);
});

test("the database's own error is told, and what is undone is no error", async () => {
  const { host, ...isolate } = await stage();
  const lab = isolate.object("lab");
  assert.equal(host.transaction(lab.storage, true, () => true), undefined);
  assert.equal(host.transaction(lab.storage, true, () => false), undefined);
  assert.deepEqual(lab.notes, ["begin", "commit", "begin", "rollback"]);
  lab.storage.transactionSync = () => { throw new Error("disk full"); };
  assert.equal(host.transaction(lab.storage, true, () => true), "Error: disk full");
});

test("after traps in a row an alarm waits 0.1 s, doubling, up to 5 min", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  const waits = [];
  for (let n = 0; n < 40; n += 1) {
    lab.trap();
    await lab.ring();
    waits.push(lab.alarm - isolate.now);
    isolate.now += waits[n];
    isolate.start();
  }
  assert.deepEqual(waits.slice(0, 13), [
    100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200, 102_400, 204_800, 300_000,
  ]);
  assert.deepEqual(waits.slice(13), Array(27).fill(300_000));
  // One that ends well ends the row.
  await lab.ring();
  lab.trap();
  await lab.ring();
  assert.equal(lab.alarm - isolate.now, 100);
});

test("an item that traps at each attempt makes the waits as long", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  const waits = [];
  for (let n = 0; n < 4; n += 1) {
    lab.next(resume);
    lab.trap();
    await lab.ring();
    waits.push(lab.alarm - isolate.now);
    isolate.start();
  }
  assert.deepEqual(waits, [100, 200, 400, 800]);
});

test("what a panic said is not said of the next trap", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  lab.next(() => {
    isolate.host.panicked("the first");
    throw new Error("unreachable");
  });
  message(() => lab.ask());
  isolate.start();
  lab.trap(new RangeError("stack"));
  assert.equal(message(() => lab.ask()), `${NOT_EXECUTED}it trapped: RangeError: stack`);
});

test("until there is a new instance nothing runs, and no alarm is lost", async () => {
  const isolate = await stage();
  const [lab, beside] = [isolate.object("lab"), isolate.object("beside")];
  beside.trap();
  message(() => beside.ask());
  const turns = beside.turns.length;
  assert.equal(message(() => lab.ask()), `${NOT_EXECUTED}the wasm instance was lost; try again`);
  assert.equal(lab.alarm, undefined);
  await lab.ring();
  assert.equal(lab.alarm, NOW + 1);
  assert.deepEqual([lab.turns.length, beside.turns.length], [0, turns]);
  // In the new one both are opened anew; only one has trapped.
  isolate.start();
  lab.ask();
  beside.ask();
  assert.deepEqual([lab.opened[0].start, beside.opened[1].start], [UNKNOWN, TRAPPED]);
});

test("an engine of an instance that is gone is not used", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  lab.ask();
  isolate.start();
  lab.ask();
  lab.ask();
  assert.deepEqual(lab.opened.map(({ start }) => start), [UNKNOWN, UNKNOWN]);
});

test("what is known of a trap is told until something is committed", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  lab.trap();
  await lab.ring();
  for (const commits of [false, false, true, false]) {
    isolate.start();
    lab.next(() => {
      if (commits) lab.transaction();
      return played();
    });
    lab.ask();
  }
  assert.deepEqual(lab.opened.map(({ start }) => start), [UNKNOWN, TRAPPED, TRAPPED, TRAPPED, UNKNOWN]);
});

test("a marked item runs once its mark is on disk, and no event comes in between", async () => {
  const lab = (await stage()).object("lab");
  const disk = pending();
  lab.disk = disk.promise;
  lab.next(() => played({ resume: ITEM, alarm: NOW + 50 }));
  const ringing = lab.ring();
  await settled();
  const answers = [lab.ask(), lab.ask()];
  await settled();
  assert.deepEqual(lab.notes, ["turn 1", "setAlarm 50"]);
  disk.settle();
  await Promise.all([ringing, ...answers]);
  assert.deepEqual(lab.notes, ["turn 1", "setAlarm 50", "sync", "turn 2", "turn 0", "turn 0"]);
});

test("an item that traps is named to the next engine", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  lab.next(resume);
  lab.trap();
  await lab.ring();
  assert.equal(lab.alarm, NOW + 100);
  isolate.start();
  await lab.ring();
  assert.deepEqual(lab.opened[1], {
    name: "lab", start: TRAPPED, item: [...ITEM], reason: "it trapped: Error: unreachable",
  });
});

test("an item that another object's trap kept from running is given back", async () => {
  for (const renewed of [false, true]) {
    const isolate = await stage();
    const lab = isolate.object("lab");
    const disk = pending();
    lab.disk = disk.promise;
    lab.next(resume);
    const ringing = lab.ring();
    await settled();
    const beside = isolate.object("beside");
    beside.trap();
    message(() => beside.ask());
    if (renewed) isolate.start();
    disk.settle();
    await ringing;
    assert.deepEqual(lab.turns.map(({ event }) => event), [ALARM]);
    assert.equal(lab.alarm, NOW + 100);
    isolate.start();
    await lab.ring();
    assert.deepEqual(lab.opened[1], { name: "lab", start: NOT_RUN, item: [...ITEM], reason: "" });
  }
});

test("an event that waited for an item that trapped is refused, and not run", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  lab.next(resume);
  lab.trap();
  const ringing = lab.ring();
  await Promise.resolve();
  await Promise.resolve();
  const answer = lab.ask();
  await assert.rejects(answer, { message: `${NOT_EXECUTED}the wasm instance was lost; try again` });
  await ringing;
  assert.deepEqual(lab.turns.map(({ event }) => event), [ALARM, RESUME]);
});

test("a transaction that the database ended by itself: the object is made anew, carefully", async () => {
  const isolate = await stage();
  const lost = (lost, answer) => () => played({ lost, answer, alarm: NOW + 9 });
  // The caller is answered by the engine; nothing was written, so the alarm stands.
  const asked = isolate.object("asked");
  asked.next(lost("disk", "not executed"));
  assert.equal(asked.ask(), "not executed");
  assert.equal(asked.alarm, undefined);
  asked.ask();
  assert.deepEqual(asked.opened.map(({ start }) => start), [UNKNOWN, TRAPPED]);
  // The one that the engine asks for is not set: it may not know what is in the database.
  const rung = isolate.object("rung");
  rung.next(lost("statement"));
  await rung.ring();
  assert.equal(rung.alarm, NOW + 100);
  await rung.ring();
  assert.deepEqual(rung.opened.map(({ start }) => start), [UNKNOWN, TRAPPED]);
  assert.ok(!isDead());
});

test("a disk that fails spends no attempt, a statement does", async () => {
  for (const [lost, start] of [["disk", NOT_RUN], ["statement", TRAPPED]]) {
    const lab = (await stage()).object("lab");
    lab.next(resume);
    lab.next(() => played({ lost }));
    await lab.ring();
    assert.equal(lab.alarm, NOW + 100);
    await lab.ring();
    assert.deepEqual([lab.opened[1].start, lab.opened[1].item], [start, [...ITEM]]);
  }
});

test("events of one object are turns one after another", async () => {
  const lab = (await stage()).object("lab");
  lab.next(() => played({ answer: 1 }));
  lab.next(() => played({ answer: 2 }));
  assert.deepEqual([lab.ask(5), lab.ask(6)], [1, 2]);
  assert.deepEqual(lab.turns.map(({ event, message }) => [event, ...message]), [[REQUEST, 1, 5], [REQUEST, 1, 6]]);
});
