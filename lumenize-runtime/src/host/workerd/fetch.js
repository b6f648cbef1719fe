// How an attempt at a fetch is handed to an executor, and what an executor tells of it. Executors may be of the
// user's own, so what they are handed is a plain object, and so is what they tell.

import { KIND, NOT_EXECUTED } from "./rpc.js";

// As host/wire/fetched.rs has them: what goes before the outcome, and where in it the parts are.
const VERSION = 1;
export const FETCHED = 5, NOT_TAKEN = 4, PERHAPS_TAKEN = 5;
const HEAD_BYTES = 39, KEY_AT = 3, TOKEN_AT = 23;

// A body has 1,800,000 bytes at most, and what goes with it less than the rest.
export const LONGEST_FETCHED = 2_000_000;

const ERRORS = {
  connect: 0, certificate: 1, network: 2, timeout: 3, tooLarge: 4, redirect: 5, refused: 6, handOver: 7, unknown: 9,
};
const PHASES = { queue: 0, connect: 1, headers: 2, body: 3 };
const LONGEST_REASON = 1_000;

const utf8 = new TextEncoder();

// What the turn that runs asks for: attempts, and the ids of fetches that are cancelled.
let asked = [];

// Called by the engine's side in a turn, for an attempt that is to be handed over after it. `reply` is what goes
// before the outcome; it and the body are views of wasm's memory. The headers are lines.
export function fetch(binding, executor, id, number, reply, method, url, lines, body, timeoutMs, maxResponseBytes) {
  const headers = lines.split("\n").slice(0, -1).map((line) => {
    const end = line.indexOf(":");
    return [line.slice(0, end), line.slice(end + 1)];
  });
  const request = { method, url, headers, body: body.slice() };
  asked.push({ binding, executor, id, number, reply: reply.slice(), request, timeoutMs, maxResponseBytes });
}

// As `fetch`: nobody waits for this one any more.
export function cancel(id) {
  asked.push({ cancelled: id });
}

export function forgetAsked() {
  if (asked.length) asked = [];
}

export function takeAsked() {
  return asked.length ? asked.splice(0) : asked;
}

// Where the executor is: the user's, the Worker's own by a binding, or its own as such.
function executorOf(env, ctx, name) {
  return name ? env[name] : env.LUMENIZE_FETCH ?? ctx.exports?.LumenizeFetch;
}

// Hands an attempt over. What comes of it is nothing, or how it failed and why.
export async function handOver(env, ctx, { executor: name, binding, ...attempt }) {
  const executor = executorOf(env, ctx, name);
  if (typeof executor?.lumenizeFetch !== "function") return [NOT_TAKEN, missing(name)];
  if (!name && typeof env[binding]?.getByName !== "function") {
    const reason = `no binding \`${binding}\`, by which the executor would find the object`;
    return [NOT_TAKEN, `${reason}; add it to \`durable_objects.bindings\` of the Worker's Wrangler file`];
  }
  const { id } = ctx;
  const object = id.name === undefined ? { binding, id: id.toString() } : { binding, name: id.name };
  try {
    await executor.lumenizeFetch({ version: VERSION, object, ...attempt });
    return undefined;
  } catch (error) {
    const reason = String(error?.message ?? error).slice(0, LONGEST_REASON);
    // The executor's own exceptions are refusals. Of those of the runtime, nobody knows where they came from.
    const perhaps = error?.retryable || /^(internal error|network connection lost)/i.test(reason);
    return [perhaps ? PERHAPS_TAKEN : NOT_TAKEN, reason];
  }
}

function missing(name) {
  const add = "to `services` of the Worker's Wrangler file";
  return name
    ? `no binding \`${name}\` to an executor; add it ${add}`
    : `no executor: let the Worker's compatibility date be 2025-11-17 or later, or add a binding \`LUMENIZE_FETCH\` ${add}`;
}

// Tells an executor that nobody waits any more. It may have ended, or be another by now.
export async function takeBack(env, ctx, name, id) {
  try {
    await executorOf(env, ctx, name)?.lumenizeCancel?.(id);
  } catch {
    // One that knows no cancelling goes on, and nobody hears of what it tells.
  }
}

// As the engine is told of an attempt that was not taken.
export function notTaken(reply, [how, reason]) {
  const bytes = new Writer();
  bytes.put(reply.subarray(KEY_AT, TOKEN_AT));
  bytes.number(how);
  bytes.put(reply.subarray(TOKEN_AT));
  bytes.put(utf8.encode(reason));
  return bytes.whole();
}

// The message that says what an executor tells: `{ reply, response }` or `{ reply, error }`. Undefined if it is
// nothing of the kind.
export function fetchedOf(told) {
  if (!isPlain(told) || !Object.hasOwn(told, "reply")) return undefined;
  const { reply, response, error } = told;
  const isReply = reply instanceof Uint8Array && reply.length === HEAD_BYTES;
  check(isReply && reply[0] === VERSION && reply[KIND] === FETCHED, "`reply` is not what was handed over");
  const bytes = new Writer();
  bytes.put(reply);
  if (error === undefined) writeResponse(bytes, response);
  else writeError(bytes, error);
  return bytes.whole();
}

function writeResponse(bytes, response) {
  check(isPlain(response), "there is neither `response` nor `error`");
  const { status, url = "", headers = [], body = "" } = response;
  check(Array.isArray(headers), "`headers` is no array");
  bytes.number(0);
  bytes.number(whole(status, "status"));
  bytes.text(url, "url");
  // How many attempts there were knows the engine.
  bytes.number(1);
  bytes.number(headers.length);
  for (const header of headers) {
    check(Array.isArray(header) && header.length === 2, "a header is no pair");
    bytes.text(header[0], "a header's name");
    bytes.text(header[1], "a header's value");
  }
  if (body instanceof ArrayBuffer) bytes.sized(new Uint8Array(body));
  else if (body instanceof Uint8Array) bytes.sized(body);
  else bytes.text(body, "body");
}

function writeError(bytes, error) {
  check(isPlain(error) && Object.hasOwn(ERRORS, error.kind), "`error.kind` is none");
  const { kind, reason = "", phase = "headers", limit, url = "" } = error;
  bytes.number(1);
  bytes.number(ERRORS[kind]);
  switch (kind) {
    case "timeout":
      check(Object.hasOwn(PHASES, phase), "`error.phase` is none");
      bytes.number(PHASES[phase]);
      break;
    case "tooLarge":
      bytes.number(whole(limit, "error.limit"));
      break;
    case "refused":
      bytes.text(cut(url), "error.url");
    // And why.
    default:
      bytes.text(cut(reason), "error.reason");
  }
}

// Of what came by RPC, anything else may be a stub.
function isPlain(value) {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function cut(text) {
  return typeof text === "string" ? text.slice(0, LONGEST_REASON) : text;
}

function whole(number, name) {
  check(Number.isSafeInteger(number) && number >= 0, `\`${name}\` is no whole number`);
  return number;
}

function check(holds, reason) {
  if (!holds) throw new TypeError(`${NOT_EXECUTED}what is told of a fetch: ${reason}`);
}

// Writes postcard: numbers as varints, and the length before what has one.
class Writer {
  #parts = [];
  #length = 0;

  put(bytes) {
    this.#parts.push(bytes);
    this.#length += bytes.length;
  }

  number(number) {
    const bytes = [];
    for (; number > 127; number = Math.floor(number / 128)) bytes.push((number % 128) | 128);
    bytes.push(number);
    this.put(bytes);
  }

  sized(bytes) {
    this.number(bytes.length);
    this.put(bytes);
  }

  text(text, name) {
    check(typeof text === "string", `\`${name}\` is no text`);
    this.sized(utf8.encode(text));
  }

  whole() {
    const whole = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
}
