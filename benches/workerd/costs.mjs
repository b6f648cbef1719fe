// How many rows each operation writes, counted by workerd (`rowsWritten` of each cursor).

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// What is in the table, in order: what is counted, what is done before it, and what is done. `rings`
// waits for the alarm. What follows by itself is counted too if that takes `AFTER_MS` at most.
const AFTER_MS = { call: 1_500, ask: 1_500, fetch: 500, refetch: 500 };
const OPERATIONS = [
  ["a run that only reads (`&self`)", [], "read"],
  ["`put`, of a new key or an old one", [], "put"],
  ["`schedule`", [], "schedule"],
  ["`schedule` under a new name", [], "name/1"],
  ["`schedule` under a name, with nothing new", [], "name/1"],
  ["`schedule` under a name, with another time", [], "name/2"],
  ["`cancel`", [], "cancel"],
  ["a schedule runs and is done", ["fire"], "rings"],
  ["a handler fails and is to be tried again", ["fail/2"], "rings"],
  ["a handler fails for the last time and is set aside", ["fail/1"], "rings"],
  ["an occurrence of one that recurs", ["every"], "rings"],
  ["a call, in both objects: executed, its result handled, and that acknowledged", ["cancel"], "call"],
  ["the same of what only reads (`&self`)", [], "ask"],
  ["a fetch: handed over, and its response handled", [], "fetch"],
  ["the same, tried again once", [], "refetch"],
];

// What is fetched from: it is busy every other time that it is asked for `refetch`.
function serve() {
  let busy = false;
  const server = createServer((request, response) => {
    if (request.url === "/refetch") busy = !busy;
    response.writeHead(request.url === "/refetch" && busy ? 503 : 200).end();
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

// The rows of each operation and how often it sets the alarm: the same in each of `rounds` rounds, which
// have an object of their own.
export async function count(server, rounds) {
  const origin = await serve();
  const { port } = origin.address();
  const whole = (path) => (path.endsWith("fetch") ? `fetch/${port}/${path}` : path);
  const ask = (object, path) => server.ask("metered", `costs/${object}/${whole(path)}`);
  const meter = () => server.ask("metered", "meter");
  const counted = [];
  for (let round = 0; round < rounds; round += 1) {
    const object = `costs-${round}`;
    // The tables and the shapes are made.
    for (const path of ["schedule", "cancel", "put", "fail/1", "fire", "call", "fetch", "refetch"]) await ask(object, path);
    await wait(2_000);
    const found = [];
    for (const [what, before, operation] of OPERATIONS) {
      for (const path of before) await ask(object, path);
      await meter();
      if (operation !== "rings") await ask(object, operation);
      await wait(AFTER_MS[operation] ?? 0);
      let read = await meter();
      // Nothing else happens until the alarm has rung.
      for (let tries = 0; operation === "rings" && read.alarms === 0 && tries < 500; tries += 1) {
        await wait(10);
        read = await meter();
      }
      const rows = read.statements.reduce((sum, statement) => sum + statement.rows, 0);
      found.push({ what, rows, alarms: read.alarms });
    }
    counted.push(found);
  }
  origin.close();
  const [first, ...others] = counted.map(table);
  for (const other of others) {
    if (other !== first) throw new Error(`counted once and again:\n${first}\n\n${other}`);
  }
  return counted[0];
}

// As it stands in the guide.
export function table(costs) {
  const lines = costs.map(({ what, rows, alarms }) => `| ${what} | ${rows} | ${alarms} |`);
  return ["| Operation | Rows written | Times that the alarm is set |", "| --- | --- | --- |", ...lines].join("\n");
}

// Whether the guide has this table.
export async function isIn(guide, costs) {
  return (await readFile(guide, "utf8")).includes(`\n${table(costs)}\n`);
}
