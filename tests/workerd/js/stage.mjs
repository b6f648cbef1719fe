// object.js on a stage: with an engine that plays what a test says, and storage that notes what is
// asked of it. What workerd itself does is tested on workerd.

import { webcrypto } from "node:crypto";
import { register } from "node:module";

// Node 18 has it not.
globalThis.crypto ??= webcrypto;
register("./hooks.mjs", import.meta.url);

export const REQUEST = 0, ALARM = 1, RESUME = 2, OUTCOME = 3;
export const UNKNOWN = 0, TRAPPED = 1, NOT_RUN = 2;
export const NOW = 1_800_000_000_000;
export const NOT_EXECUTED = "lumenize: not executed: ";
export const DESTROYED = "lumenize.destroyed";
export const ITEM = new Uint8Array(16).fill(7);

// What the engine answers a turn with.
export function played({ answer, resume, alarm, lost, destroyed = false } = {}) {
  return [answer, resume, alarm, lost, destroyed];
}

let stages = 0;

// A module of its own for each stage, as for each isolate.
export async function stage() {
  stages += 1;
  const source = (file) => new URL(`../../../lumenize-runtime/src/host/workerd/${file}`, import.meta.url);
  const files = [`${source("object.js")}?${stages}`, ...["post.js", "fetch.js", "rpc.js"].map(source)];
  const host = Object.assign({}, ...await Promise.all(files.map((file) => import(file))));
  const told = { error: [], warn: [], info: [], debug: [] };
  for (const method of Object.keys(told)) console[method] = (line) => told[method].push(line);
  const isolate = { now: NOW, told, host };
  Date.now = () => isolate.now;
  globalThis.__worker_init_state = { criticalError: false };

  // An instance of wasm: it registers the class as it starts.
  isolate.start = () => {
    globalThis.__worker_init_state.criticalError = false;
    class Exported {
      free() {}
    }
    isolate.exported = Exported;
    const open = (storage, name, start, item, reason) => {
      const object = isolate.objects.get(storage);
      object.opened.push({ name, start, item: [...item], reason });
      object.open?.();
      return (event, now, entropy, scheduled, message) => {
        object.turns.push({ event, now, scheduled, message });
        object.notes.push(`turn ${event}`);
        return (object.plays.shift() ?? played)();
      };
    };
    host.register(new Exported(), "Lab", open, () => isolate.alive?.());
  };
  isolate.objects = new Map();
  isolate.object = (name, env = {}) => object(isolate, name, env);
  isolate.start();
  return isolate;
}

function object(isolate, name, env) {
  const notes = []; // in order: turns, and what is asked of the storage
  const kept = new Map();
  // `plays` is for the next turns; after them nothing in particular happens.
  const it = { notes, kept, opened: [], turns: [], plays: [], waited: [], alarm: undefined };
  const noted = (what, value) => {
    notes.push(what);
    return it.fails === what.split(" ")[0] ? Promise.reject(new Error(`no ${what}`)) : Promise.resolve(value);
  };
  const storage = {
    sql: { databaseSize: 40_960 },
    kv: {
      get: (key) => {
        if (it.fails === "get") throw new Error("no get");
        return kept.get(key);
      },
      put: (key, value) => { notes.push(`put ${key}`); kept.set(key, value); },
    },
    setAlarm: (at) => { it.alarm = at; return noted(`setAlarm ${at - isolate.now}`); },
    getAlarm: async () => it.alarm ?? null,
    deleteAlarm: () => { it.alarm = null; return noted("deleteAlarm"); },
    // A commit waits for the disk if a test says so.
    sync: () => it.disk ? it.disk.then(() => noted("sync")) : noted("sync"),
    deleteAll: async () => {
      await it.disk;
      await noted("deleteAll");
      kept.clear();
      // Of a Worker with an old compatibility date it leaves the alarm.
      if (!it.old) it.alarm = null;
      storage.sql.databaseSize = 4_096;
    },
    transactionSync: (body) => {
      notes.push("begin");
      try {
        body();
        notes.push("commit");
      } catch (error) {
        notes.push("rollback");
        throw error;
      }
    },
  };
  isolate.objects.set(storage, it);
  it.storage = storage;
  it.ctx = { id: { name }, storage, exports: {}, waitUntil: (promise) => it.waited.push(promise) };
  // As after the object was reset or evicted.
  it.load = () => {
    it.ctx = { ...it.ctx };
    it.seen = isolate.host.construct(it.ctx, env, "Lab");
  };
  it.load();
  it.ask = (...bytes) => it.seen.lumenize(new Uint8Array([1, ...bytes]));
  it.ring = (info = { scheduledTime: isolate.now, retryCount: 0, isRetry: false }) => it.seen.alarm(info);
  it.next = (play) => it.plays.push(play);
  it.trap = (error = new Error("unreachable")) => it.next(() => { throw error; });
  // A transaction of the engine's, within a turn.
  it.transaction = (body = () => true) => isolate.host.transaction(storage, true, body);
  return it;
}

// A promise that a test settles.
export function pending() {
  let settle;
  const promise = new Promise((resolve) => { settle = resolve; });
  return { promise, settle };
}

// Lets everything go on that can.
export function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}
