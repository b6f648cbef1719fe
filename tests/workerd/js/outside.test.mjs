// What comes from outside, and what goes to the console.

import assert from "node:assert/strict";
import { test } from "node:test";
import { NOT_EXECUTED, played, stage } from "./stage.mjs";

test("a message is bytes, or a short text that stands for some, and nothing else", async () => {
  const lab = (await stage()).object("lab");
  const others = [
    undefined, null, 1, "\u0100", "x".repeat(4_097), true, {}, [1, 0], { length: 1, 0: 1 }, new ArrayBuffer(2),
    new DataView(new ArrayBuffer(2)), new Uint16Array(1), new Int8Array(1), () => {}, Symbol("x"),
    Object.create(DataView.prototype), Promise.resolve(new Uint8Array(1)),
  ];
  for (const other of others) {
    const refusal = { name: "TypeError", message: `${NOT_EXECUTED}a message is a Uint8Array` };
    assert.throws(() => lab.seen.lumenize(other), refusal);
  }
  assert.deepEqual([lab.opened, lab.notes], [[], []]);
});

test("a message has 1 MiB and 16 KiB at most", async () => {
  const lab = (await stage()).object("lab");
  const most = 1_064_960;
  lab.seen.lumenize(new Uint8Array(most));
  assert.equal(lab.turns[0].message.byteLength, most);
  const refusal = { name: "RangeError", message: `${NOT_EXECUTED}a message has at most ${most} bytes` };
  assert.throws(() => lab.seen.lumenize(new Uint8Array(most + 1)), refusal);
  assert.equal(lab.turns.length, 1);
});

test("a web request ends before the engine", async () => {
  const lab = (await stage()).object("lab");
  const response = lab.seen.fetch(new Request("https://x/lumenize", { method: "POST", body: "x" }));
  assert.equal(response.status, 404);
  assert.match(await response.text(), /not web requests/);
  assert.deepEqual([lab.opened, lab.notes], [[], []]);
});

test("what RPC can reach is one method", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  const methods = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(lab.seen));
  const names = Object.keys(methods).filter((name) => typeof methods[name].value === "function");
  assert.deepEqual(names, ["lumenize", "alarm", "fetch"]);
  assert.deepEqual(Object.keys(lab.seen), ["ctx", "env"]);
  for (const name of Object.getOwnPropertyNames(Object.prototype)) assert.equal(lab.seen[name], undefined, name);
  // workerd allows RPC only into classes that extend DurableObject.
  const { DurableObject } = await import("cloudflare:workers");
  assert.equal(Object.getPrototypeOf(isolate.exported), DurableObject);
  assert.ok(lab.seen instanceof DurableObject);
});

test("an object is known by its name, or by its id if it has none", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  lab.ctx.id = { toString: () => "00ff" };
  lab.load();
  lab.ask();
  assert.equal(lab.opened[0].name, "00ff");
});

test("what is told of a turn names its object", async () => {
  const isolate = await stage();
  const lab = isolate.object("lab");
  lab.next(() => {
    isolate.host.say("warn", "", "set aside");
    isolate.host.say("info", "turn name=\"lab\": ", "to be tried again");
    isolate.host.say("debug", "", "detail");
    isolate.host.say("error", "", "fault");
    return played();
  });
  lab.ask();
  // Outside of a turn there is no object.
  isolate.host.say("warn", "", "of the Worker");
  assert.deepEqual(isolate.told, {
    error: ["Lab lab: fault"],
    warn: ["Lab lab: set aside", "of the Worker"],
    info: ["turn name=\"lab\": to be tried again"],
    debug: ["Lab lab: detail"],
  });
});
