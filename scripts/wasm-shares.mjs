// Says what the code of a wasm file consists of: `node scripts/wasm-shares.mjs FILE`. The file must
// have the names of its functions, and those the types that generic code was compiled for (rustc's
// `-C symbol-mangling-version=v0`). A function that was inlined counts to the one around it.
import { readFileSync } from "node:fs";

const bytes = readFileSync(process.argv[2]);
const names = new Map();
const sizes = [];
let data = 0;
let imported = 0;
let at = 8; // after the magic number and the version

function number() {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
}

function text() {
  const length = number();
  at += length;
  return bytes.toString("utf8", at - length, at);
}

function limits() {
  const flags = bytes[at++];
  number();
  if (flags & 1) number();
}

const sections = {
  // The import section: functions that are imported have the first indices.
  2() {
    for (let left = number(); left > 0; left--) {
      text();
      text();
      const kind = bytes[at++];
      if (kind === 0) imported += 1;
      if (kind === 0) number();
      if (kind === 1) at += 1;
      if (kind === 1 || kind === 2) limits();
      if (kind === 3) at += 2;
    }
  },
  10() {
    for (let left = number(); left > 0; left--) {
      const begin = at;
      const length = number();
      at += length;
      sizes.push(at - begin);
    }
  },
  11(end) {
    data = end - at;
  },
  0(end) {
    if (text() !== "name") return;
    while (at < end) {
      const kind = bytes[at++];
      const partEnd = number() + at;
      if (kind === 1) for (let left = number(); left > 0; left--) names.set(number(), text());
      at = partEnd;
    }
  },
};

while (at < bytes.length) {
  const section = bytes[at++];
  const end = number() + at;
  sections[section]?.(end);
  at = end;
}

// Of code that serialises or reads, the type that stands last in the name: the innermost.
const coding = /serde_core::|postcard::|lumenize_runtime::codec::(strict|shape|read|decode|encode)/;
const parts = [
  ["lumenize: engine", /lumenize_runtime::engine::/],
  ["lumenize: codec", /lumenize_runtime::codec::|postcard|xxhash/],
  ["lumenize: store, services, host", /lumenize_runtime::/],
  ["lumenize: cron", /lumenize_cron|croner/],
  ["chrono", /^[<&]*chrono::|chrono::format/],
  ["JSON, HTTP", /serde_json|http::|http_body|form_urlencoded|percent_encoding|base64|bytes::/],
  ["the example and its routes", /^[<&]*task_scheduler|^[<&]*core::.*<task_scheduler|_worker_fetch/],
  ["JavaScript and the worker crate", /wasm_bindgen|__wb|worker|js_sys|web_sys|wasm_streams|matchit/],
  ["formatting of numbers and texts", /core::fmt|core::num|core::char|core::unicode|core::str|as core::fmt/],
];

const types = new Map();
const rest = new Map();
const add = (map, key, size) => map.set(key, (map.get(key) ?? 0) + size);
sizes.forEach((size, place) => {
  const name = (names.get(imported + place) ?? "").replace(/\[[0-9a-f]{16}\]/g, "");
  if (coding.test(name)) {
    const found = name.match(/\b(task_scheduler|lumenize_runtime)(::\w+)*::[A-Z]\w*/g) ?? [];
    const payload = found.filter((type) => !type.startsWith("lumenize_runtime::codec::")).at(-1);
    if (payload) return add(types, payload.split("::").at(-1), size);
  }
  const [part] = parts.find(([, pattern]) => pattern.test(name)) ?? ["all else"];
  add(rest, part, size);
});

function table(title, map) {
  console.log(`\n${title.padEnd(40)} ${"bytes".padStart(10)}`);
  const rows = [...map].sort(([, a], [, b]) => b - a);
  for (const [name, size] of rows) console.log(`${name.padEnd(40)} ${String(size).padStart(10)}`);
}

table("code that is written for payload types", types);
add(rest, "data: texts and tables", data);
table("everything else", rest);
