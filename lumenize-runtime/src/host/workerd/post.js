// What an object sends to others: its calls, that it has had their answers, and its fetches. All of it is also in
// its database, or may be lost: what is only here is forgotten with the object.
//
// The reply to a call never waits for the calls that it causes: these leave after the turn, and what
// becomes of them is another event.

import { FETCHED, forgetAsked, handOver, notTaken, takeAsked, takeBack } from "./fetch.js";
import { KIND, ask, pack, route } from "./rpc.js";

// As host/wire has them: a call's bytes before the ids that it acknowledges, and what it is told of.
const VERSION = 1, CALL = 3, ACKNOWLEDGE = 4;
const DEPTH = 2, COUNT = 3, HEAD = 4, ID_BYTES = 16;
const ANSWERED = 0, NOT_HEARD = 1, OVERLOADED = 2, IMPOSSIBLE = 3;

// Cloudflare ends a chain of RPC after some 16 objects. What such a chain is it tells by the event that came
// to an object last, so that two objects that call each other are one, too. The alarm begins a new one.
const DEEPEST = 8;

// So much is sent after one event: how much may be is Cloudflare's limit of subrequests.
const MOST_SENT = 500;

// An acknowledgement costs the callee a commit. So it goes with the next call to the same object, or after
// so long.
const ACKNOWLEDGE_MS = 1_000, MOST_WITH_CALL = 100, MOST_ALONE = 1_000;

// The fetches whose executors are remembered, to be told if one is cancelled.
const MOST_REMEMBERED = 1_000;

const NEVER_AGAIN = -1;
const text = new TextEncoder();

// What the turn that runs asks for.
let letters = [];
let heard = [];

// Called by the engine's side in a turn, for what is to be sent after it. The bytes are views of wasm's
// memory.
export function send(binding, type, instance, isId, key, message) {
  letters.push({ to: { binding, type, instance, isId }, key: key.slice(), message: message.slice() });
}

// As `send`: the answer to this call has been handled.
export function acknowledge(binding, type, instance, isId, call) {
  heard.push({ to: { binding, type, instance, isId }, id: call.slice() });
}

// Forgets what the turn before asked for.
export function clear() {
  if (letters.length) letters = [];
  if (heard.length) heard = [];
  forgetAsked();
}

// How deep the chain of RPC is that a message ends.
export function depthOf(message) {
  return message[KIND] === CALL || message[KIND] === FETCHED ? message[DEPTH] : 0;
}

// Of one object.
export class Post {
  #env;
  #ctx;
  #hear;
  // Of the event that came last: its depth, and how much was sent since.
  #depth = 0;
  #sent = 0;
  #leaving = [];
  // What waits for the alarm.
  #held = [];
  // The calls whose answers others may forget, by these.
  #heard = new Map();
  #timer = undefined;
  // Of the fetches that were handed to other executors than that for HTTP: to which, by their ids.
  #executors = new Map();

  // `hear` is given what becomes of each call, and of fetches that were not taken.
  constructor(env, ctx, hear) {
    this.#env = env;
    this.#ctx = ctx;
    this.#hear = hear;
  }

  // An event has come.
  begin(depth) {
    this.#depth = depth;
    this.#sent = 0;
  }

  // What has waited for the alarm may leave.
  release() {
    this.#sort(this.#held.splice(0));
  }

  // Takes what the turn asked for, once that is committed, and says whether some of it waits for the alarm.
  take() {
    if (letters.length) this.#sort(letters.splice(0));
    this.#sort(takeAsked());
    for (const { to, id } of heard.splice(0)) {
      const key = keyOf(to);
      const known = this.#heard.get(key);
      if (known) known.ids.push(id);
      else this.#heard.set(key, { to, ids: [id] });
      this.#timer ??= setTimeout(() => this.#acknowledge(), ACKNOWLEDGE_MS);
    }
    return this.#held.length > 0;
  }

  #sort(parcels) {
    for (const parcel of parcels) {
      const mayLeave = this.#depth < DEEPEST && this.#sent < MOST_SENT;
      if (mayLeave) this.#sent += 1;
      (mayLeave ? this.#leaving : this.#held).push(parcel);
    }
  }

  // Sends what may leave. workerd holds it back until what was written before is on disk.
  leave() {
    for (const parcel of this.#leaving.splice(0)) {
      if (parcel.cancelled) this.#takeBack(parcel.cancelled);
      else if (parcel.request) this.#handOver(parcel);
      else this.#call(parcel);
    }
  }

  #call({ to, key, message }) {
    const known = this.#heard.get(keyOf(to));
    const ids = known?.ids.splice(0, MOST_WITH_CALL) ?? [];
    if (known?.ids.length === 0) this.#heard.delete(keyOf(to));
    const whole = withAcknowledged(message, ids);
    whole[DEPTH] = this.#depth + 1;
    this.#deliver(to, whole).then((told) => this.#hear(outcome(key, ...told)));
  }

  // Nothing waits for what comes of it: that comes as a message, whether or not the object is in memory then.
  #handOver(attempt) {
    const { id, executor, reply } = attempt;
    if (executor) {
      this.#executors.set(id, executor);
      if (this.#executors.size > MOST_REMEMBERED) this.#executors.delete(this.#executors.keys().next().value);
    }
    // The executor is one deeper, and what it tells another.
    reply[DEPTH] = this.#depth + 2;
    handOver(this.#env, this.#ctx, attempt).then((failed) => {
      if (failed) this.#hear(notTaken(reply, failed));
    });
  }

  #takeBack(id) {
    const executor = this.#executors.get(id) ?? "";
    this.#executors.delete(id);
    takeBack(this.#env, this.#ctx, executor, id);
  }

  // Sends a message once, and promises what became of it. The engine sends again, if that is to be.
  #deliver(to, message) {
    const way = this.#wayTo(to);
    if (typeof way === "string") return Promise.resolve([IMPOSSIBLE, text.encode(way)]);
    return ask(way, pack(message), NEVER_AGAIN).then(becameOf);
  }

  // The way to an object, or why there is none.
  #wayTo({ binding, type, instance, isId }) {
    const namespace = this.#env[binding];
    if (typeof namespace?.getByName !== "function") {
      return `no binding \`${binding}\` for \`${type}\`; add it to \`durable_objects.bindings\` of the Worker's Wrangler file`;
    }
    try {
      if (isId) namespace.idFromString(instance);
    } catch (error) {
      return `\`${instance}\` is no id of a \`${type}\`: ${error}`;
    }
    return route(namespace, instance, isId);
  }

  // What is lost of it does no harm: the callee then keeps the answer until the call's deadline.
  #acknowledge() {
    this.#timer = undefined;
    const heard = [...this.#heard.values()];
    this.#heard.clear();
    for (const { to, ids } of heard) {
      while (ids.length) {
        const some = ids.splice(0, MOST_ALONE);
        const message = new Uint8Array(2 + some.length * ID_BYTES);
        message.set([VERSION, ACKNOWLEDGE]);
        write(message, 2, some);
        this.#deliver(to, message);
      }
    }
  }
}

function becameOf([answer, reason, , overloaded]) {
  if (answer instanceof Uint8Array) return [ANSWERED, answer];
  if (overloaded) return [OVERLOADED, text.encode(reason)];
  return [NOT_HEARD, text.encode(reason ?? "its answer is none to a call")];
}

function keyOf({ binding, instance, isId }) {
  return `${isId} ${binding} ${instance}`;
}

// A call, with ids of others whose answers the callee may forget.
function withAcknowledged(message, ids) {
  if (ids.length === 0) return message;
  const bytes = ids.length * ID_BYTES;
  const whole = new Uint8Array(message.length + bytes);
  whole.set(message.subarray(0, HEAD));
  whole[COUNT] = ids.length;
  write(whole, HEAD, ids);
  whole.set(message.subarray(HEAD), HEAD + bytes);
  return whole;
}

function write(bytes, at, ids) {
  for (const [n, id] of ids.entries()) bytes.set(id, at + n * ID_BYTES);
}

// As the engine is told.
function outcome(key, how, told) {
  const bytes = new Uint8Array(key.length + 1 + told.length);
  bytes.set(key);
  bytes[key.length] = how;
  bytes.set(told, key.length + 1);
  return bytes;
}
