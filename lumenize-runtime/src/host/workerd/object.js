// The Durable Object that workerd sees. It owns every promise and the alarm, and calls the engine,
// which is Rust, synchronously: an event goes in, effects come out.
//
// A panic, a stack overflow or an allocation that fails is a trap: the wasm instance is of no more
// use, for this object and for all others in the isolate. So whatever is thrown out of wasm counts
// as a trap: the turn's transaction is rolled back, the shim of worker-build makes a new instance at
// the next event, and the engine is opened anew in it.

import { DurableObject } from "cloudflare:workers";
import { FETCHED, LONGEST_FETCHED, fetchedOf } from "./fetch.js";
import { Post, clear, depthOf } from "./post.js";
import { KIND, LOST, NOT_EXECUTED, OURS, bare, unpack } from "./rpc.js";

const REQUEST = 0, ALARM = 1, RESUME = 2, OUTCOME = 3;
const UNKNOWN = 0, TRAPPED = 1, NOT_RUN = 2;

// After a trap: 0.1 s, doubling, up to 5 min.
const FIRST_BACKOFF_MS = 100, LONGEST_BACKOFF_MS = 300_000;

// workerd takes no alarm after the year 2189; one that rings earlier than it should does no harm.
const LATEST_ALARM_MS = Date.UTC(2189, 0, 1);

// A program has 1 MiB at most; what goes with it says what the message is and who calls.
const LONGEST_MESSAGE = (1 << 20) + (1 << 14);

// The key under which workerd keeps that the object was destroyed and what is left of it may go. If
// that comes to no end, the alarm rings after so long.
const DESTROYED = "lumenize.destroyed", ERASE_AGAIN_MS = 1_000;

// So many turns one alarm has at the most while work is due, and none begins after so long: for each to wait for an
// alarm of its own took longer than the work. Others are heard in between.
const MOST_TURNS = 100, LONGEST_TURNS_MS = 1_000;

// A database without tables has one page; one that the engine has used has more.
const EMPTY_BYTES = 4_096;

// Of the wasm instance that started last: what opens an engine, by the name of its class, and a
// function that does nothing.
const openers = new Map();
let alive = undefined;

// What must outlive both the wasm instance and this class's own instances, by `ctx`.
const places = new WeakMap();

// Of the turn that runs: whose it is, whether it has committed something, and what a panic said.
// Turns are synchronous, so there is only one.
let running = undefined;
let committed = false;
let panic = undefined;

// Random bytes for the turns to come, and how many of them were used.
const entropy = new Uint8Array(4_096), ENTROPY_BYTES = 16;
let used = entropy.length;

// Called by the panic hook, before the trap.
export function panicked(message) {
  panic = message;
}

// Called by each wasm instance as it starts. `sample` is an instance of the exported class, whose
// `constructor` is the class; RPC is only allowed into classes that extend DurableObject.
export function register(sample, name, open, nothing) {
  const exported = sample.constructor;
  sample.free();
  Object.setPrototypeOf(exported, DurableObject);
  openers.set(name, open);
  alive = nothing;
}

// What `tracing` is told, on the console. Outside of all spans, which name it, the object goes first.
export function say(method, spans, text) {
  const line = spans || !running ? spans + text : `${running.label}: ${text}`;
  console[method](line);
}

// What the exported class's constructor returns.
export function construct(ctx, env, name) {
  if (!places.has(ctx)) {
    places.set(ctx, {
      name,
      label: `${name} ${ctx.id.name ?? ctx.id}`,
      opener: undefined, // what opened the engine
      turn: undefined, // the engine
      start: UNKNOWN, // how the time before the next engine ended
      item: new Uint8Array(), // what ended it
      reason: "",
      traps: 0, // in a row
      rung: 0, // the alarm that rang last
      armed: undefined, // what it was set to since, null if it was cleared
      ringing: false,
      busy: undefined, // what other events wait for
      destroyed: undefined, // whether what is left is to be erased; not known before it is read
      post: new Post(env, ctx, (outcome) => learn(ctx, outcome)),
      outcomes: [], // of what it has sent, which wait for the alarm
    });
  }
  return new LumenizeObject(ctx, env);
}

class LumenizeObject extends DurableObject {
  // The one method for RPC: the bytes of a request in, those of the answer out. What an executor tells may
  // also be an object.
  lumenize(packed) {
    const told = fetchedOf(packed);
    const message = told ?? unpack(packed);
    if (!(message instanceof Uint8Array)) {
      throw new TypeError(`${NOT_EXECUTED}a message is a Uint8Array`);
    }
    const isFetched = message[KIND] === FETCHED;
    const longest = isFetched ? LONGEST_FETCHED : LONGEST_MESSAGE;
    if (message.byteLength > longest) {
      throw new RangeError(`${NOT_EXECUTED}a message has at most ${longest} bytes`);
    }
    // The shim of worker-build stands before each property of `this`.
    const { ctx } = this;
    places.get(ctx).post.begin(depthOf(message));
    const begin = isFetched ? () => hear(ctx, message, told) : () => request(ctx, message);
    // Mostly nothing is awaited: the answer is there when this returns.
    return isReady(ctx) ? begin() : later(ctx, begin);
  }

  // It must not throw: workerd would ring again only a few times, and hold back newer alarms.
  async alarm(info) {
    const place = places.get(this.ctx);
    place.post.begin(0);
    place.armed = undefined;
    try {
      do await ready(this.ctx); while (!isReady(this.ctx));
      // One of a database that is gone, or that it cleared a moment ago, would bring the tables back.
      if (isEmpty(this.ctx)) return;
      if (info?.isRetry && place.start === UNKNOWN) {
        // The time before ended in the middle of this alarm.
        place.opener = undefined;
        place.start = TRAPPED;
      }
      place.rung = info?.scheduledTime ?? Date.now();
      place.ringing = true;
      place.post.release();
      while (place.outcomes.length && !isDead()) {
        // If its transaction is lost, nothing more is written in this event.
        if (turn(this.ctx, OUTCOME, 0, place.outcomes.shift()).lost) return;
      }
      const begun = Date.now();
      for (let turns = 1; ; turns += 1) {
        const { resume: item, next } = turn(this.ctx, ALARM, place.rung);
        if (item) await hold(place, resume(this.ctx, item));
        if (item || next > Math.max(Date.now(), place.rung + 1) || turns === MOST_TURNS) break;
        // What was done is committed by itself. Should this be the end, the alarm is set.
        await this.ctx.storage.sync();
        const now = Date.now();
        if (next > now || now > begun + LONGEST_TURNS_MS || isDead() || !isReady(this.ctx)) break;
      }
      if (place.destroyed) await ready(this.ctx);
    } catch (error) {
      // The alarm is armed again by then.
      console.error(`${place.label}: the alarm: ${error}`);
    } finally {
      place.ringing = false;
    }
  }

  // A web request that is forwarded to the object ends here.
  fetch() {
    return new Response("a Lumenize object answers continuations, not web requests\n", { status: 404 });
  }
}

bare(LumenizeObject);

// Whether an event may begin at once.
function isReady(ctx) {
  const place = places.get(ctx);
  place.destroyed ??= ctx.storage.kv.get(DESTROYED) === true;
  return !place.busy && !place.destroyed;
}

// Waits until an event may begin: for what others do, and until a destroyed object is erased. If that
// fails, the alarm tries again. Of all that wait only one may begin then, so each looks again in the step in
// which it does: the engine must be told of nothing between what it marks and its `RESUME`.
async function ready(ctx, refusal = "") {
  const place = places.get(ctx);
  try {
    while (!isReady(ctx)) {
      if (place.busy) await place.busy.catch(() => {});
      else await hold(place, erase(ctx));
    }
  } catch (error) {
    armLater(ctx, place);
    throw new Error(`${refusal}what was destroyed can't be erased: ${error}`);
  }
}

// Begins what the sender waits for as soon as that may be.
async function later(ctx, begin) {
  while (!isReady(ctx)) await ready(ctx, NOT_EXECUTED);
  return begin();
}

// Other events wait for it.
function hold(place, work) {
  place.busy = work.finally(() => { place.busy = undefined; });
  return place.busy;
}

// Whether there is nothing in the database.
function isEmpty(ctx) {
  return !places.get(ctx).opener && ctx.storage.sql.databaseSize <= EMPTY_BYTES;
}

function request(ctx, message) {
  const { answer, resume: item } = turn(ctx, REQUEST, 0, message);
  if (item) return hold(places.get(ctx), goOn(ctx, item));
  seeToEnd(ctx);
  return answer;
}

// What came of a fetch. An object that is gone waits for none, and would get its tables back.
function hear(ctx, message, told) {
  if (isEmpty(ctx)) return undefined;
  const answer = request(ctx, message);
  if (answer !== undefined && told) throw new TypeError(`${NOT_EXECUTED}what is told of a fetch can't be read`);
  return answer;
}

// The answer to what was marked.
async function goOn(ctx, item) {
  const told = await resume(ctx, item);
  if (!told) throw new Error(LOST);
  seeToEnd(ctx);
  return told.answer;
}

// What is left of a destroyed object is erased, once nothing else is under way.
function seeToEnd(ctx) {
  const { destroyed, label } = places.get(ctx);
  if (destroyed) ctx.waitUntil(ready(ctx).catch((error) => console.error(`${label}: ${error}`)));
}

// Something has become of one of the object's calls, or a fetch was not taken. What the engine could not be told it is told when the
// alarm rings, in a new instance if need be; once, as the call is also sent again at its time.
async function learn(ctx, outcome) {
  const place = places.get(ctx);
  try {
    while (!isReady(ctx)) await ready(ctx);
    if (isEmpty(ctx)) return;
    if (isDead()) {
      place.outcomes.push(outcome);
      arm(ctx, Date.now());
      return;
    }
    const { lost } = turn(ctx, OUTCOME, 0, outcome);
    if (lost) place.outcomes.push(outcome);
    seeToEnd(ctx);
  } catch (error) {
    // The alarm is armed by then.
    place.outcomes.push(outcome);
    console.error(`${place.label}: what became of a call or fetch: ${error}`);
  }
}

// Gives back all that a destroyed object holds. Its tables were emptied and it was marked in one
// commit, so whatever is lost here is done again before the next event.
async function erase(ctx) {
  const place = places.get(ctx);
  // It is immediate, and would take what is not committed yet with it.
  await ctx.storage.sync();
  await ctx.storage.deleteAll();
  // Before the compatibility date 2026-02-24 the alarm stays. To delete none would write something.
  if (await ctx.storage.getAlarm() !== null) await ctx.storage.deleteAlarm();
  place.opener = undefined;
  place.start = UNKNOWN;
  place.armed = undefined;
  place.destroyed = false;
}

// What was committed is on disk before the engine goes on, and no other event comes in between. Nothing is
// returned if it could not go on.
async function resume(ctx, item) {
  const place = places.get(ctx);
  await ctx.storage.sync();
  if (isDead() || place.opener !== openers.get(place.name)) {
    // Another object's trap took the engine that was to run the item.
    notRun(ctx, place, item);
    return undefined;
  }
  place.item = item;
  return turn(ctx, RESUME, 0);
}

// Whether the wasm instance has trapped: only the next event that comes through the shim of
// worker-build makes a new one.
function isDead() {
  return globalThis.__worker_init_state.criticalError;
}

function turn(ctx, event, scheduled, message = new Uint8Array()) {
  const place = places.get(ctx);
  if (isDead()) {
    if (event !== REQUEST) arm(ctx, Date.now());
    throw new Error(LOST);
  }
  running = place;
  committed = false;
  panic = undefined;
  clear();
  try {
    // wasm-bindgen makes a new instance at the next call after a trap that the shim has not seen. So
    // the first call is one that needs nothing of the instance before.
    alive();
    const opener = openers.get(place.name);
    if (place.opener !== opener) {
      place.turn = opener(ctx.storage, ctx.id.name ?? ctx.id.toString(), place.start, place.item, place.reason);
      place.opener = opener;
    }
    const [answer, resume, alarm, lost, destroyed] = place.turn(event, Date.now(), random(), scheduled, message);
    if (lost) {
      // The database ended the transaction by itself: the object is made anew, and goes carefully.
      if (event === RESUME && lost === "disk") notRun(ctx, place, place.item);
      else interrupted(ctx, place, event, "the database ended its transaction");
      return { answer, lost, next: Infinity };
    }
    if (committed) {
      // What was known of the time before has had its effect.
      place.start = UNKNOWN;
      place.item = new Uint8Array();
    }
    if (!resume) place.traps = 0;
    const waits = place.post.take() || place.outcomes.length > 0;
    if (destroyed) {
      ctx.storage.kv.put(DESTROYED, true);
      place.destroyed = true;
      arm(ctx, Date.now() + ERASE_AGAIN_MS);
    } else if (waits) {
      arm(ctx, Date.now());
    } else if (alarm !== undefined) {
      arm(ctx, alarm);
    }
    place.post.leave();
    // When the object's work is due next, as far as nothing else waits for the alarm.
    return { answer, resume, next: waits || destroyed ? Infinity : alarm ?? Infinity };
  } catch (trap) {
    globalThis.__worker_init_state.criticalError = true;
    const reason = `it trapped: ${panic ?? trap}`;
    console.error(`${place.label}: ${reason}\n${trap?.stack}`);
    interrupted(ctx, place, event, reason);
    throw new Error(`${committed ? OURS : NOT_EXECUTED}${reason}`);
  } finally {
    running = undefined;
  }
}

// What no other turn has.
function random() {
  if (used === entropy.length) {
    crypto.getRandomValues(entropy);
    used = 0;
  }
  used += ENTROPY_BYTES;
  return entropy.subarray(used - ENTROPY_BYTES, used);
}

// A request that has committed nothing has changed nothing, and the alarm stands.
function interrupted(ctx, place, event, reason) {
  place.opener = undefined;
  place.start = TRAPPED;
  if (event !== RESUME) place.item = new Uint8Array();
  place.reason = reason;
  if (event !== REQUEST || committed) armLater(ctx, place);
}

function notRun(ctx, place, item) {
  place.opener = undefined;
  place.start = NOT_RUN;
  place.item = item;
  armLater(ctx, place);
}

function armLater(ctx, place) {
  const backoff = FIRST_BACKOFF_MS * 2 ** Math.min(place.traps, 20);
  place.traps += 1;
  // What was set in what was rolled back is set no more.
  place.armed = undefined;
  arm(ctx, Date.now() + Math.min(backoff, LONGEST_BACKOFF_MS));
}

// Sets the alarm, or clears it (null), as part of the turn's commit, to which it belongs as long as
// it is not awaited. An alarm set to the time of the one that rings would be lost for ever.
function arm(ctx, at) {
  const place = places.get(ctx);
  const { label, rung, ringing } = place;
  if (at !== null) {
    at = Math.min(Math.max(at, Date.now() + 1), LATEST_ALARM_MS);
    if (ringing ? at <= rung : at === rung) at = rung + 1;
  }
  // For workerd, too, the same time is no change, but to ask takes as long as a statement.
  if (at === place.armed) return;
  place.armed = at;
  const done = at === null ? ctx.storage.deleteAlarm() : ctx.storage.setAlarm(at);
  done.catch((error) => {
    place.armed = undefined;
    console.error(`${label}: setting the alarm: ${error}`);
  });
}

// What a turn answers: to make an array from within wasm takes longer.
export function outcome(...parts) {
  return parts;
}

// Runs `body` in a transaction, or a savepoint if one is open, and commits if it returns true. The
// answer is undefined, or the text of the database's error. What traps in `body` is thrown on, so
// that no Rust code runs after it.
export function transaction(storage, outermost, body) {
  const undo = {};
  let trapped = undefined;
  try {
    storage.transactionSync(() => {
      let keep = false;
      try {
        keep = body();
      } catch (error) {
        trapped = { error };
        throw error;
      }
      if (!keep) throw undo;
    });
    committed ||= outermost;
  } catch (error) {
    if (trapped) throw trapped.error;
    if (error !== undo) return String(error);
  }
  return undefined;
}
