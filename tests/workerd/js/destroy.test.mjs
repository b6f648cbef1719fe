// The end of an object.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DESTROYED, ITEM, NOT_EXECUTED, UNKNOWN, pending, played, settled, stage } from "./stage.mjs";

const destroyed = () => played({ answer: "destroyed", destroyed: true, alarm: null });

test("the mark is made in the turn, and all is erased in another, once that is on disk", async () => {
  const lab = (await stage()).object("lab");
  const disk = pending();
  lab.disk = disk.promise;
  lab.next(destroyed);
  // Its answer does not wait: workerd holds it back until the commit is on disk.
  assert.equal(lab.ask(), "destroyed");
  assert.deepEqual(lab.notes, ["turn 0", `put ${DESTROYED}`, "setAlarm 1000"]);
  assert.equal(lab.waited.length, 1);
  disk.settle();
  await lab.waited[0];
  assert.deepEqual(lab.notes.slice(3), ["sync", "deleteAll"]);
  assert.equal(lab.alarm, null);
  assert.equal(lab.kept.size, 0);
});

test("what is asked meanwhile waits, and meets a fresh engine", async () => {
  const lab = (await stage()).object("lab");
  const disk = pending();
  lab.disk = disk.promise;
  lab.next(destroyed);
  lab.ask();
  lab.next(() => played({ answer: "first" }));
  lab.next(() => played({ answer: "second" }));
  const answers = [lab.ask(), lab.ask()];
  const ringing = lab.ring();
  await settled();
  assert.equal(lab.turns.length, 1);
  disk.settle();
  assert.deepEqual(await Promise.all(answers), ["first", "second"]);
  await ringing;
  const end = lab.notes.indexOf("deleteAll");
  // The alarm rang while nothing was there yet, or found the fresh object.
  assert.deepEqual(lab.notes.slice(end + 1).filter((note) => note !== "turn 1"), ["turn 0", "turn 0"]);
  assert.equal(lab.notes.filter((note) => note === "deleteAll").length, 1);
  assert.deepEqual(lab.opened.map(({ start }) => start), [UNKNOWN, UNKNOWN]);
  // And no longer.
  assert.equal(lab.ask(), undefined);
});

test("an alarm that destroys its object waits for the end", async () => {
  for (const careful of [false, true]) {
    const lab = (await stage()).object("lab");
    if (careful) lab.next(() => played({ resume: ITEM }));
    lab.next(destroyed);
    await lab.ring();
    assert.deepEqual(lab.notes.slice(-2), ["sync", "deleteAll"]);
    assert.equal(lab.alarm, null);
    lab.ask();
    assert.equal(lab.opened.length, 2);
  }
});

test("what a crash left is erased before the next event", async () => {
  for (const event of ["ask", "ring"]) {
    const isolate = await stage();
    const lab = isolate.object("lab");
    lab.disk = new Promise(() => {}); // the process ends before it is on disk
    lab.next(destroyed);
    lab.ask();
    await settled();
    lab.disk = undefined;
    lab.load();
    isolate.start();
    lab.notes.length = 0;
    await lab[event]();
    const expected = event === "ask" ? ["turn 0"] : []; // an alarm finds nothing to do
    assert.deepEqual(lab.notes, ["sync", "deleteAll", ...expected]);
    assert.equal(lab.kept.size, 0);
    // What comes after it stays.
    lab.load();
    lab.ask();
    assert.deepEqual(lab.notes.slice(-1), ["turn 0"]);
    assert.equal(lab.notes.filter((note) => note === "deleteAll").length, 1);
  }
});

test("when it can't be erased nothing runs, and it is tried again", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  lab.fails = "deleteAll";
  lab.next(destroyed);
  lab.ask();
  await lab.waited[0];
  assert.match(isolate.told.error[0], /^Lab lab: Error: what was destroyed can't be erased/);
  const waits = [lab.alarm - isolate.now];
  await assert.rejects(lab.ask(), (error) => error.message.startsWith(`${NOT_EXECUTED}what was destroyed`));
  waits.push(lab.alarm - isolate.now);
  await lab.ring();
  waits.push(lab.alarm - isolate.now);
  assert.deepEqual(waits, [100, 200, 400]);
  assert.equal(lab.turns.length, 1);
  lab.fails = undefined;
  await lab.ask();
  assert.deepEqual(lab.notes.slice(-3), ["sync", "deleteAll", "turn 0"]);
});

test("the alarm that deleteAll leaves, by an old compatibility date, is deleted", async () => {
  const lab = (await stage()).object("lab");
  lab.old = true;
  lab.next(destroyed);
  lab.ask();
  await lab.waited[0];
  assert.deepEqual(lab.notes.slice(-3), ["sync", "deleteAll", "deleteAlarm"]);
  assert.equal(lab.alarm, null);
});

test("an object that begins anew in the turn that destroyed it is not erased", async () => {
  const lab = (await stage()).object("lab");
  // The engine says that it is destroyed only as long as nothing was written since.
  lab.next(() => played({ answer: "again", alarm: null }));
  assert.equal(lab.ask(), "again");
  await settled();
  assert.deepEqual(lab.notes, ["turn 0", "deleteAlarm"]);
});

test("a turn whose transaction was lost destroys nothing", async () => {
  const lab = (await stage()).object("lab");
  lab.next(() => played({ lost: "disk", destroyed: true }));
  lab.ask();
  await settled();
  assert.deepEqual(lab.notes, ["turn 0"]);
});
