// The one alarm of an object, and the event that it is.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ALARM, ITEM, NOT_RUN, NOW, TRAPPED, UNKNOWN, pending, played, settled, stage } from "./stage.mjs";

test("an alarm is at least a millisecond ahead", async () => {
  const lab = (await stage()).object("lab");
  for (const at of [NOW - 3_600_000, NOW - 1, NOW]) {
    lab.next(() => played({ alarm: at }));
    lab.ask();
    assert.equal(lab.alarm, NOW + 1);
  }
  lab.next(() => played({ alarm: NOW + 2 }));
  lab.ask();
  assert.equal(lab.alarm, NOW + 2);
});

test("an alarm is set to no time that workerd refuses", async () => {
  const lab = (await stage()).object("lab");
  for (const at of [Date.UTC(2190, 0, 1), 8.64e15, 2 ** 63, Infinity]) {
    lab.next(() => played({ alarm: at }));
    lab.ask();
    assert.equal(lab.alarm, Date.UTC(2189, 0, 1));
  }
  lab.next(() => played({ alarm: -(2 ** 63) }));
  lab.ask();
  assert.equal(lab.alarm, NOW + 1);
});

test("null clears the alarm, undefined leaves it", async () => {
  const lab = (await stage()).object("lab");
  lab.next(() => played({ alarm: null }));
  lab.ask();
  assert.deepEqual(lab.notes, ["turn 0", "deleteAlarm"]);
  lab.ask();
  assert.deepEqual(lab.notes, ["turn 0", "deleteAlarm", "turn 0"]);
});

test("an alarm that rings is never set to its own time, though the clock stepped back", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  const rung = NOW + 500;
  for (const at of [rung - 400, rung - 1, rung]) {
    lab.next(() => played({ alarm: at }));
    await lab.ring({ scheduledTime: rung });
    assert.equal(lab.alarm, rung + 1);
  }
  // Afterwards it may be earlier, but not the same.
  lab.next(() => played({ alarm: rung }));
  lab.ask();
  assert.equal(lab.alarm, rung + 1);
  lab.next(() => played({ alarm: rung - 1 }));
  lab.ask();
  assert.equal(lab.alarm, rung - 1);
});

test("the alarm is set once in a turn, last and outside of its transactions", async () => {
  const lab = (await stage()).object("lab");
  lab.next(() => {
    lab.transaction(() => lab.transaction() === undefined);
    return played({ alarm: NOW + 9 });
  });
  await lab.ring();
  assert.deepEqual(lab.notes, ["turn 1", "begin", "begin", "commit", "commit", "setAlarm 9"]);
});

test("while work is due one alarm has turns, each committed before the next, and at most 100", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  const due = () => played({ alarm: NOW - 5 });
  const rung = { scheduledTime: NOW - 10 };
  lab.plays.push(due, due, () => played({ alarm: NOW + 60_000 }));
  await lab.ring(rung);
  assert.deepEqual(lab.notes, ["turn 1", "setAlarm 1", "sync", "turn 1", "sync", "turn 1", "setAlarm 60000"]);
  lab.turns.length = 0;
  lab.plays.push(...Array(200).fill(due));
  await lab.ring(rung);
  assert.deepEqual(lab.turns.map(({ event, scheduled }) => [event, scheduled]), Array(100).fill([ALARM, NOW - 10]));
  // The rest has an alarm of its own.
  assert.equal(lab.alarm, NOW + 1);
  // So it has when a second has passed.
  lab.turns.length = 0;
  lab.plays = Array(200).fill(() => { isolate.now += 300; return due(); });
  await lab.ring(rung);
  assert.equal(lab.turns.length, 4);
});

test("between the turns of an alarm others are heard, and what they hold up waits for the next", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  const due = () => played({ alarm: NOW - 5 });
  for (const meanwhile of [() => isolate.start(), () => { globalThis.__worker_init_state.criticalError = true; }]) {
    const disk = pending();
    lab.disk = disk.promise;
    lab.notes.length = 0;
    lab.plays = [due, () => played({ answer: "heard" }), due, () => played({ alarm: null })];
    const ringing = lab.ring({ scheduledTime: NOW - 10 });
    await settled();
    assert.equal(lab.ask(), "heard");
    meanwhile();
    disk.settle();
    await ringing;
    const isDead = globalThis.__worker_init_state.criticalError;
    const turns = lab.notes.filter((note) => note.startsWith("turn"));
    assert.deepEqual(turns, isDead ? ["turn 1", "turn 0"] : ["turn 1", "turn 0", "turn 1", "turn 1"]);
    assert.equal(lab.alarm, isDead ? NOW + 1 : null);
  }
});

test("what waits for the alarm, a mark and a lost transaction end its turns", async () => {
  const isolate = await stage();
  for (const play of [{ resume: ITEM, alarm: NOW - 5 }, { lost: "statement", alarm: NOW - 5 }, { destroyed: true }]) {
    const lab = isolate.object("lab");
    lab.next(() => played(play));
    await lab.ring({ scheduledTime: NOW - 10 });
    assert.equal(lab.turns.filter(({ event }) => event === ALARM).length, 1);
  }
});

test("an alarm that is set to a time is not set to it again, until it rings or may be lost", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  const sets = (alarm) => {
    lab.notes.length = 0;
    lab.next(() => played({ alarm }));
    lab.ask();
    return lab.notes.includes("deleteAlarm") || lab.notes.some((note) => note.startsWith("setAlarm"));
  };
  const at = NOW + 9_000;
  assert.deepEqual([at, at, null, null, at, at].map(sets), [true, false, true, false, true, false]);
  lab.next(() => played());
  await lab.ring();
  assert.deepEqual([at, at].map(sets), [true, false]);
  // After what was rolled back.
  lab.next(() => played({ lost: "statement" }));
  await lab.ring();
  assert.ok(sets(at));
  // It could not be set.
  lab.fails = "setAlarm";
  assert.ok(sets(at + 1));
  await settled();
  lab.fails = undefined;
  assert.ok(sets(at + 1));
  // In another instance of the class nothing is known of it.
  lab.load();
  assert.deepEqual([at + 1, at + 1].map(sets), [true, false]);
});

test("nobody waits for the alarm, and its failure is told", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  for (const [fails, alarm] of [["setAlarm", NOW + 5], ["deleteAlarm", null]]) {
    lab.fails = fails;
    lab.next(() => played({ answer: "at once", alarm }));
    assert.equal(lab.ask(), "at once");
  }
  // A rejection that nobody handles would end this process.
  await settled();
  assert.deepEqual(isolate.told.error, [
    "Lab lab: setting the alarm: Error: no setAlarm 5",
    "Lab lab: setting the alarm: Error: no deleteAlarm",
  ]);
});

test("the engine is told when the alarm was to ring", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  await lab.ring({ scheduledTime: NOW - 7 });
  isolate.now += 3;
  await lab.seen.alarm();
  const scheduled = lab.turns.map(({ event, now, scheduled }) => [event, now, scheduled]);
  assert.deepEqual(scheduled, [[ALARM, NOW, NOW - 7], [ALARM, NOW + 3, NOW + 3]]);
});

test("alarm() never throws", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  const resume = () => played({ resume: new Uint8Array(16) });
  const failures = [
    ["get", () => {}],
    ["trap", () => lab.trap()],
    ["a value", () => lab.next(() => { throw undefined; })],
    ["an engine that does not open", () => { lab.open = () => { throw new RangeError("stack"); }; }],
    ["sync", () => lab.next(resume)],
    ["deleteAll", () => lab.next(() => played({ destroyed: true }))],
  ];
  for (const [n, [fails, prepare]] of failures.entries()) {
    isolate.start();
    lab.load();
    lab.kept.clear();
    lab.open = undefined;
    lab.fails = fails;
    prepare();
    lab.alarm = undefined;
    await lab.ring();
    assert.ok(isolate.told.error.length > n, fails);
    // The platform does not ring again, so the alarm is set.
    assert.ok(lab.alarm > isolate.now || fails === "sync", fails);
  }
});

test("what rings again for the platform goes carefully", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  const again = { scheduledTime: NOW - 2_000, retryCount: 1, isRetry: true };
  await lab.ring(again);
  assert.deepEqual(lab.opened.map(({ start }) => start), [TRAPPED]);
  // Also if the engine is still there.
  lab.load();
  lab.next(() => { lab.transaction(); return played(); });
  await lab.ring();
  await lab.ring(again);
  assert.deepEqual(lab.opened.map(({ start }) => start), [TRAPPED, UNKNOWN, TRAPPED]);
});

test("a platform's retry does not forget what is known of the time before", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  lab.next(() => played({ resume: new Uint8Array(16).fill(9) }));
  const ringing = lab.ring();
  lab.trap();
  await ringing;
  isolate.start();
  await lab.ring({ scheduledTime: NOW, retryCount: 1, isRetry: true });
  const { start, item } = lab.opened.at(-1);
  assert.deepEqual([start, item], [TRAPPED, Array(16).fill(9)]);
});

test("a platform's retry spends no attempt of an item that did not run", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  const disk = pending();
  lab.disk = disk.promise;
  lab.next(() => played({ resume: ITEM }));
  const ringing = lab.ring();
  await settled();
  isolate.start(); // after another object's trap
  disk.settle();
  await ringing;
  await lab.ring({ scheduledTime: NOW, retryCount: 1, isRetry: true });
  const { start, item } = lab.opened.at(-1);
  assert.deepEqual([start, item], [NOT_RUN, [...ITEM]]);
});

test("an alarm of a database that is gone brings nothing back", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  lab.storage.sql.databaseSize = 4_096;
  await lab.ring();
  assert.deepEqual([lab.opened, lab.notes], [[], []]);
  // Asked, it begins to be.
  lab.ask();
  await lab.ring();
  assert.deepEqual(lab.notes, ["turn 0", "turn 1"]);
});
