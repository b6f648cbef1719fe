// What fetches by HTTP, against a server of Node's. What workerd's own `fetch` does is tested on workerd.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import "./stage.mjs";

const { construct } = await import("../../../lumenize-runtime/src/host/workerd/executor.js");

const REPLY = new Uint8Array(39).fill(7);
const NOTHING = new Uint8Array();

// What was asked for, and how many connections were closed before the end of a response.
const asked = [];
let closed = 0;
let base = "", other = "";

const answers = {
  ok: (_, response) => response.setHeader("x-own", "yes").end("ok"),
  status: (_, response, [code]) => { response.statusCode = Number(code); response.end(code); },
  sized: (_, response, [code, bytes]) => response.writeHead(Number(code), { "retry-after": "7" }).end(Buffer.alloc(Number(bytes), ".")),
  large: (_, response, [bytes]) => response.setHeader("content-length", bytes).end(Buffer.alloc(Number(bytes), ".")),
  chunked: (_, response, [bytes]) => { response.write("."); response.end(Buffer.alloc(Number(bytes) - 1, ".")); },
  gzip: (_, response, [bytes]) => response.setHeader("content-encoding", "gzip").end(gzipSync(Buffer.alloc(Number(bytes), "."))),
  hops: (_, response) => response.writeHead(200, { connection: "x-mine", "x-mine": "1", "keep-alive": "timeout=5", "x-kept": "2" }).end(),
  to: (request, response, [code, ...to]) => response.writeHead(Number(code), { location: to.join("/") }).end("moved"),
  chain: (_, response, [left]) => {
    if (left === "0") response.end("end");
    else response.writeHead(302, { location: `/chain/${left - 1}` }).end();
  },
  nowhere: (_, response) => response.writeHead(302).end("stay"),
  never: (_, response) => response.writeHead(200, { "content-length": 10 }).write("abc"),
  silent: () => {},
  cut: (request, response) => { response.writeHead(200, { "content-length": 10 }).write("abc"); setTimeout(() => request.socket.destroy(), 20); },
  reset: (request) => request.socket.destroy(),
};

const servers = [0, 1].map(() => createServer(async (request, response) => {
  const [name, ...rest] = decodeURIComponent(request.url.slice(1)).split("/");
  let body = "";
  for await (const chunk of request) body += chunk;
  asked.push({ method: request.method, url: request.url, host: request.headers.host, headers: request.headers, body });
  response.on("close", () => { if (!response.writableFinished) closed += 1; });
  (answers[name] ?? answers.ok)(request, response, rest);
}));

before(async () => {
  for (const server of servers) await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  [base, other] = servers.map((server) => `http://127.0.0.1:${server.address().port}`);
});

after(() => {
  for (const server of servers) { server.closeAllConnections(); server.close(); }
});

// Makes an attempt. `refuses` is how often the object can't be told.
function attempt(path, { method = "GET", headers = [], body = "", more = {}, refuses = 0, env = {} } = {}) {
  asked.length = 0;
  const delivered = [], waited = [];
  let refused = 0;
  const stub = (by) => ({
    async lumenize(told) {
      refused += 1;
      if (refused <= refuses) throw new Error("reset");
      delivered.push({ by, ...told });
    },
  });
  const FETCHER = {
    getByName: (name) => stub(name),
    idFromString: (id) => ({ id }),
    get: ({ id }) => stub(`id ${id}`),
  };
  const executor = construct({ waitUntil: (promise) => waited.push(promise) }, { FETCHER, ...env });
  const acknowledged = executor.lumenizeFetch({
    version: 1,
    id: "f",
    number: 1,
    object: { binding: "FETCHER", name: "main" },
    reply: REPLY,
    request: { method, url: path.startsWith("/") ? base + path : path, headers, body: new TextEncoder().encode(body) },
    timeoutMs: 10_000,
    maxResponseBytes: 1_000,
    ...more,
  });
  assert.deepEqual([acknowledged, delivered.length, waited.length], [undefined, 0, 1]);
  return { executor, delivered, ended: waited[0], tries: () => refused };
}

async function made(path, options) {
  const { delivered, ended } = attempt(path, options);
  await ended;
  assert.equal(delivered.length, 1);
  assert.deepEqual([delivered[0].by, delivered[0].reply], ["main", REPLY]);
  return delivered[0];
}

async function response(path, options) {
  const { response: told, error } = await made(path, options);
  assert.equal(error, undefined);
  return { ...told, text: new TextDecoder().decode(told.body), headers: Object.fromEntries(told.headers) };
}

async function error(path, options) {
  return (await made(path, options)).error;
}

test("a response is told with its URL, headers and body", async () => {
  const { status, url, headers, text } = await response("/ok");
  assert.deepEqual([status, url, headers["x-own"], text], [200, `${base}/ok`, "yes", "ok"]);
  assert.deepEqual(asked[0].headers, {
    ...asked[0].headers, accept: "*/*", "accept-encoding": "gzip", "user-agent": "lumenize",
  });
  const any = await response("/status/404");
  assert.deepEqual([any.status, any.text], [404, "404"]);
  assert.deepEqual((await response("/status/204")).body, NOTHING);
});

test("a request is sent as it is", async () => {
  await response("/ok", { method: "PUT", body: "hello", headers: [["X-Mine", "a"], ["x-mine", "b"], ["accept", "text/plain"], ["content-length", "5"]] });
  const [{ method, headers, body }] = asked;
  assert.deepEqual([method, body, headers["x-mine"], headers.accept, headers["content-length"]], ["PUT", "hello", "a, b", "text/plain", "5"]);
  await response("/ok", { headers: [["range", "bytes=0-1"]] });
  assert.notEqual(asked[0].headers["accept-encoding"], "gzip");
  await response("/ok", { method: "POST" });
  assert.equal(asked[0].headers["content-length"], "0");
});

test("what this runtime can't send is not handed over", async () => {
  const told = await error("/ok", { body: "a body" });
  assert.match(told.reason, /can't send it/);
  assert.deepEqual([told.kind, asked.length], ["handOver", 0]);
});

test("redirects are followed as the Fetch Standard says", async () => {
  const headers = [["content-type", "text/plain"], ["authorization", "secret"], ["cookie", "secret"], ["x-own", "1"]];
  for (const [code, method, becomes] of [
    [301, "POST", "GET"], [302, "POST", "GET"], [303, "POST", "GET"], [307, "POST", "POST"], [308, "POST", "POST"],
    [301, "PUT", "PUT"], [303, "PUT", "GET"], [302, "HEAD", "HEAD"], [303, "HEAD", "HEAD"], [303, "GET", "GET"],
  ]) {
    const body = method === "GET" || method === "HEAD" ? "" : "body";
    const { url } = await response(`/to/${code}//ok?x`, { method, headers, body });
    const last = asked.at(-1);
    assert.deepEqual([url, asked.length, last.method], [`${base}/ok?x`, 2, becomes], `${code} ${method}`);
    const kept = method === becomes;
    assert.deepEqual([last.body, "content-type" in last.headers], [kept ? body : "", kept], `${code} ${method}`);
    assert.deepEqual([last.headers.authorization, last.headers.cookie], ["secret", "secret"]);
  }
  await response(`/to/307/${encodeURIComponent(`${other}/ok`)}`, { headers });
  assert.deepEqual([asked[1].headers.authorization, asked[1].headers.cookie, asked[1].headers["x-own"]], [undefined, undefined, "1"]);
  for (const path of ["/status/300", "/status/304", "/nowhere"]) await response(path);
  const { url } = await response("/to/302//ok%23part");
  assert.equal(url, `${base}/ok`);
});

test("redirects end somewhere", async () => {
  assert.equal((await response("/chain/10")).text, "end");
  for (const [path, reason] of [
    ["/chain/11", "there were more than 10"],
    ["/to/302//to/302%2F%2Fok", undefined],
    ["/to/302/%2Fto%2F302%2F", undefined],
    ["/to/302/http:%2F%2F", "to no URL"],
    ["/to/302/ftp:%2F%2Fa%2F", "to a URL of the scheme `ftp`"],
    ["/to/302/http:%2F%2Fme:pw@a%2F", "to a URL with credentials"],
  ]) {
    const { error: told } = await made(path);
    if (reason) assert.deepEqual(told, { kind: "redirect", reason }, path);
  }
  // To itself, with what is a secret.
  const told = await error("/to/302/?key=secret");
  assert.deepEqual(told, { kind: "redirect", reason: `it leads in circles, to ${base}/to/302/ again` });
  assert.equal(asked.length, 1);
});

test("a body is read up to the limit", async () => {
  for (const kind of ["large", "chunked", "gzip"]) {
    assert.equal((await response(`/${kind}/1000`)).body.length, 1_000);
    closed = 0;
    assert.deepEqual(await error(`/${kind}/1001`), { kind: "tooLarge", limit: 1_000 });
    assert.deepEqual(await error(`/${kind}/30000000`), { kind: "tooLarge", limit: 1_000 });
  }
  // It has none, whatever it says.
  assert.equal((await response("/large/5000", { method: "HEAD" })).body.length, 0);
  assert.equal((await response("/large/0", { more: { maxResponseBytes: 0 } })).body.length, 0);
});

test("of a status that is tried again the body is cut, not refused", async () => {
  for (const status of [408, 425, 429, 500, 503]) {
    for (const [bytes, kept] of [[0, 0], [1_000, 1_000], [1_001, 1_001], [300_000, 1_001]]) {
      const { status: told, headers, body } = await response(`/sized/${status}/${bytes}`);
      assert.deepEqual([told, headers["retry-after"], body.length], [status, "7", kept]);
    }
  }
  for (const status of [200, 404]) {
    assert.deepEqual(await error(`/sized/${status}/1001`), { kind: "tooLarge", limit: 1_000 });
  }
});

test("cookies are joined as cookies are", async () => {
  await response("/ok", { headers: [["cookie", "a=1"], ["x-own", "1"], ["cookie", "b=2; c=3"], ["x-own", "2"]] });
  assert.deepEqual([asked[0].headers.cookie, asked[0].headers["x-own"]], ["a=1; b=2; c=3", "1, 2"]);
});

test("headers of the connection, and those that are no longer true, are left out", async () => {
  const { headers } = await response("/hops");
  for (const name of ["connection", "keep-alive", "x-mine", "transfer-encoding"]) assert.ok(!(name in headers), name);
  assert.equal(headers["x-kept"], "2");
  const unzipped = (await response("/gzip/100")).headers;
  assert.deepEqual([unzipped["content-encoding"], unzipped["content-length"]], [undefined, undefined]);
});

test("headers that the engine does not take are no response", async () => {
  const { fetch } = globalThis;
  try {
    // Node's own takes none of them.
    for (const [value, reason] of [
      ["v".repeat(70_000), /more than 65536 bytes/], ["a\x07b", /`x-own` has control characters/], ["a\tb \u00e9", undefined],
    ]) {
      const headers = Object.assign([["x-own", value]], { get: () => null });
      globalThis.fetch = async () => ({ status: 200, headers, body: null });
      const { error: told } = await made("/ok");
      if (reason) assert.match(told.reason, reason);
      assert.equal(told?.kind, reason && "network");
    }
  } finally {
    globalThis.fetch = fetch;
  }
});

test("an attempt ends in its time, headers and body", async () => {
  const more = { timeoutMs: 50 };
  closed = 0;
  assert.deepEqual(await error("/silent", { more }), { kind: "timeout", phase: "headers" });
  assert.deepEqual(await error("/never", { more }), { kind: "timeout", phase: "body" });
  assert.deepEqual(await error("/to/302//never", { more }), { kind: "timeout", phase: "body" });
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(closed, 3);
  // Whatever the object wants, no attempt takes longer than this runtime lets it.
  const began = performance.now();
  assert.equal((await error("/silent", { env: { LUMENIZE_FETCH_MAX_MS: "60" } })).kind, "timeout");
  assert.ok(performance.now() - began < 5_000);
});

test("a connection that fails is said to have failed", async () => {
  for (const path of ["/reset", "/cut", "http://127.0.0.1:1/", "http://no.such.host.invalid/"]) {
    const { kind, reason } = await error(path);
    assert.equal(kind, "network", path);
    assert.ok(reason);
  }
  assert.match((await error("/to/302/http:%2F%2F127.0.0.1:1%2F")).reason, /^after a redirect: /);
});

test("what is cancelled ends, and nobody is told", async () => {
  closed = 0;
  const { executor, delivered, ended } = attempt("/never");
  await new Promise((resolve) => setTimeout(resolve, 50));
  executor.lumenizeCancel("another");
  executor.lumenizeCancel("f");
  await ended;
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual([delivered.length, closed], [0, 1]);
  executor.lumenizeCancel("f");
});

test("an object that can't be reached is told again, and in vain only so often", async () => {
  const { setTimeout } = globalThis;
  const waits = [];
  const isOurs = (ms) => [100, 200, 400, 800, 1_600].includes(ms);
  globalThis.setTimeout = (done, ms, ...rest) => (isOurs(ms) ? (waits.push(ms), setTimeout(done, 0)) : setTimeout(done, ms, ...rest));
  const lines = [];
  console.error = (line) => lines.push(line);
  try {
    const late = attempt("/ok", { refuses: 5 });
    await late.ended;
    assert.deepEqual([late.delivered.length, late.tries(), waits], [1, 6, [100, 200, 400, 800, 1_600]]);
    const never = attempt("/ok", { refuses: 99, more: { object: { binding: "FETCHER", id: "01" } } });
    await never.ended;
    assert.deepEqual([never.delivered.length, never.tries()], [0, 6]);
    // It says nothing of the token.
    assert.deepEqual(lines, ["FETCHER 01: what came of attempt 1 at a fetch could not be delivered: Error: reset"]);
  } finally {
    globalThis.setTimeout = setTimeout;
  }
});

test("an object without a name is found by its id", async () => {
  const { delivered, ended } = attempt("/ok", { more: { object: { binding: "FETCHER", id: "01" } } });
  await ended;
  assert.equal(delivered[0].by, "id 01");
});

test("an attempt of another release is refused, and what every object has is for nobody", () => {
  assert.throws(() => attempt("/ok", { more: { version: 2 } }), { message: /an attempt of version 2/ });
  const executor = construct({}, {});
  for (const name of ["__defineGetter__", "hasOwnProperty", "toString", "constructor"]) assert.equal(executor[name], undefined);
});
