// What fetches by HTTP: an entrypoint of the Worker, outside of all objects. It acknowledges an attempt at
// once, works after that, and tells the object by RPC, which need not be in memory meanwhile.

import { WorkerEntrypoint } from "cloudflare:workers";
import { NOT_EXECUTED, bare, stubOf } from "./rpc.js";

const VERSION = 1;

// Cloudflare ends work 30 s after its acknowledgement, and the object is to be told before that.
const LONGEST_MS = 28_000;

const MOST_REDIRECTS = 10;
const REDIRECTS = [301, 302, 303, 307, 308];
const LARGEST_HEADERS = 64 << 10;

// It is told so often, after 0.1 s and twice that each time.
const MOST_DELIVERIES = 6, RETRY_MS = 100;

// Of headers: those of one connection, of a body, and for one origin.
const HOP_BY_HOP = [
  "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer",
  "transfer-encoding", "upgrade",
];
const OF_THE_BODY = ["content-encoding", "content-language", "content-length", "content-location", "content-type"];
const OF_THE_ORIGIN = ["authorization", "cookie"];

// What is tried again (RFC 9110, 15.5.9; RFC 8470, 5.2; RFC 6585, 4), beside 5xx.
const PASSING = [408, 425, 429];

// What no value of a header has (RFC 9110, 5.5), and the engine does not take.
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;

// What ends the attempts that are under way in this isolate, by their fetches' ids.
const stops = new Map();

class LumenizeFetch extends WorkerEntrypoint {
  // Takes an attempt.
  lumenizeFetch(attempt) {
    if (attempt?.version !== VERSION) {
      throw new TypeError(`${NOT_EXECUTED}an attempt of version ${attempt?.version}; this release knows ${VERSION}`);
    }
    this.ctx.waitUntil(work(this.env, attempt));
  }

  // Ends those of a fetch that are under way here.
  lumenizeCancel(id) {
    for (const stop of stops.get(id) ?? []) stop();
  }
}

bare(LumenizeFetch);

// Called by each wasm instance as it starts, as `register` in object.js.
export function register(sample) {
  const exported = sample.constructor;
  sample.free();
  Object.setPrototypeOf(exported, WorkerEntrypoint);
}

// What the exported class's constructor returns.
export function construct(ctx, env) {
  return new LumenizeFetch(ctx, env);
}

// What an attempt ends with instead of a response.
class Failed extends Error {
  constructor(kind, more) {
    super(kind);
    this.told = { kind, ...more };
  }
}

async function work(env, attempt) {
  const ending = new AbortController();
  let cancelled = false;
  // Another request's promise is all that may cross over to this one.
  const stop = stopOf(attempt.id, () => {
    cancelled = true;
    ending.abort();
  });
  const longest = Number(env.LUMENIZE_FETCH_MAX_MS) || LONGEST_MS;
  const timer = setTimeout(() => ending.abort(), Math.min(attempt.timeoutMs, longest));
  const progress = { redirects: 0, phase: "headers" };
  let told;
  try {
    told = { response: await fetchAll(attempt, ending.signal, progress) };
  } catch (error) {
    told = { error: failure(error, ending.signal, progress) };
  } finally {
    clearTimeout(timer);
    forget(attempt.id, stop);
  }
  if (!cancelled) await deliver(env, attempt, told);
}

function stopOf(id, stopped) {
  let stop;
  new Promise((resolve) => { stop = resolve; }).then(stopped);
  if (!stops.has(id)) stops.set(id, new Set());
  stops.get(id).add(stop);
  return stop;
}

function forget(id, stop) {
  const others = stops.get(id);
  others?.delete(stop);
  if (others?.size === 0) stops.delete(id);
}

function failure(error, signal, { redirects, phase }) {
  if (error instanceof Failed) return error.told;
  if (signal.aborted) return { kind: "timeout", phase };
  const reason = String(error?.message ?? error);
  return { kind: "network", reason: redirects ? `after a redirect: ${reason}` : reason };
}

// The response to a request, after all redirects, with all of its body.
async function fetchAll({ request, maxResponseBytes }, signal, progress) {
  let hop = first(request);
  const before = new Set();
  for (;;) {
    const response = await ask(hop, signal, progress);
    const next = redirected(hop, response);
    if (!next) {
      progress.phase = "body";
      return { status: response.status, url: hop.url, ...await read(hop, response, maxResponseBytes) };
    }
    await response.body?.cancel();
    before.add(keyOf(hop));
    progress.redirects += 1;
    if (before.has(keyOf(next))) lost(`it leads in circles, to ${shown(next.url)} again`);
    if (progress.redirects > MOST_REDIRECTS) lost(`there were more than ${MOST_REDIRECTS}`);
    hop = next;
  }
}

function lost(reason) {
  throw new Failed("redirect", { reason });
}

function keyOf({ method, url }) {
  return `${method} ${new URL(url)}`;
}

// A URL as it may be shown.
function shown(url) {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

function first({ method, url, headers: pairs, body }) {
  const headers = new Headers(pairs);
  // The runtime says it itself.
  headers.delete("content-length");
  // Others are joined by commas (RFC 6265, 5.4; RFC 9113, 8.2.3).
  const cookies = pairs.filter(([name]) => name === "cookie");
  if (cookies.length > 1) headers.set("cookie", cookies.map(([, value]) => value).join("; "));
  const also = { "user-agent": "lumenize", accept: "*/*" };
  // A part of a body would be one of the compressed body.
  if (!headers.has("range")) also["accept-encoding"] = "gzip";
  for (const [name, value] of Object.entries(also)) {
    if (!headers.has(name)) headers.set(name, value);
  }
  return { method, url, headers, body };
}

async function ask({ method, url, headers, body }, signal, { redirects }) {
  const sent = body.length || !["GET", "HEAD", "OPTIONS"].includes(method) ? body : undefined;
  let request;
  try {
    request = new Request(url, { method, headers, body: sent, redirect: "manual" });
  } catch (error) {
    if (redirects) throw error;
    throw new Failed("handOver", { reason: `this runtime can't send it: ${error.message}` });
  }
  return fetch(request, { signal });
}

// What a redirect asks for (RFC 9110, 15.4; the Fetch Standard, "HTTP-redirect fetch"), if it is one.
function redirected({ method, url, headers: kept, body }, response) {
  const { status } = response;
  const location = response.headers.get("location");
  if (location === null || !REDIRECTS.includes(status)) return undefined;
  const to = target(location, url);
  const headers = new Headers(kept);
  const becomesGet = status === 303 ? method !== "GET" && method !== "HEAD" : status < 303 && method === "POST";
  if (becomesGet) for (const name of OF_THE_BODY) headers.delete(name);
  if (to.origin !== new URL(url).origin) for (const name of OF_THE_ORIGIN) headers.delete(name);
  return {
    method: becomesGet ? "GET" : method,
    url: to.href,
    headers,
    body: becomesGet ? new Uint8Array() : body,
  };
}

function target(location, from) {
  let to;
  try {
    to = new URL(location, from);
  } catch {
    lost("to no URL");
  }
  if (to.protocol !== "http:" && to.protocol !== "https:") lost(`to a URL of the scheme \`${to.protocol.slice(0, -1)}\``);
  if (to.username || to.password) lost("to a URL with credentials");
  to.hash = "";
  return to;
}

// The headers and the body. What is over the limit is not read to its end.
async function read({ method }, { status, headers: all, body }, limit) {
  const encoding = all.get("content-encoding");
  // The runtime has decompressed it.
  const decoded = encoding === "gzip" || encoding === "br";
  const without = [...HOP_BY_HOP, ...(all.get("connection") ?? "").toLowerCase().split(",").map((name) => name.trim())];
  if (decoded) without.push("content-encoding", "content-length");
  const headers = [...all].filter(([name]) => !without.includes(name));
  if (headers.reduce((bytes, pair) => bytes + pair.join().length, 0) > LARGEST_HEADERS) {
    throw new Failed("network", { reason: `the response's headers have more than ${LARGEST_HEADERS} bytes` });
  }
  const bad = headers.find(([, value]) => CONTROL.test(value));
  if (bad) throw new Failed("network", { reason: `the response's header \`${bad[0]}\` has control characters` });
  const announced = decoded || method === "HEAD" ? 0 : Number(all.get("content-length"));
  return { headers, body: await gather(body, announced, limit, status >= 500 || PASSING.includes(status)) };
}

// Of a longer body so much that it is longer than the limit, if it is to be `cut`: what is tried again is so whatever
// its body.
async function gather(body, announced, limit, cut) {
  if (!body) return new Uint8Array();
  const reader = body.getReader();
  const chunks = [];
  let length = 0;
  for (let bytes = cut ? 0 : announced; ; bytes = length) {
    if (bytes > limit) {
      // It closes the connection; that it fails is no matter.
      reader.cancel().catch(() => {});
      if (cut) break;
      throw new Failed("tooLarge", { limit });
    }
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
  }
  const whole = new Uint8Array(Math.min(length, limit + 1));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk.subarray(0, whole.length - at), at);
    at += chunk.length;
  }
  return whole;
}

// Tells the object. What it was told before does no harm.
async function deliver(env, { object, reply, number }, told) {
  const { binding, name, id } = object;
  for (let attempt = 1; ; attempt += 1) {
    try {
      // A stub stays broken once its object was reset.
      const stub = stubOf({ namespace: env[binding], address: name ?? id, isId: name === undefined });
      return await stub.lumenize({ reply, ...told });
    } catch (error) {
      if (attempt === MOST_DELIVERIES) {
        const what = `what came of attempt ${number} at a fetch`;
        return console.error(`${binding} ${name ?? id}: ${what} could not be delivered: ${error}`);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS * 2 ** (attempt - 1)));
  }
}
