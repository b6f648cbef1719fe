// How many rows each operation writes, counted by workerd (`rowsWritten` of each cursor).

import { readFile } from "node:fs/promises";

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// The time below which all ids lie is moved at most once in ten seconds: not part of any operation.
const ELSEWHERE = /lumenize_meta/;

// What is in the table, in order: what is counted, what is done before it, and what is done. `rings`
// waits for the alarm. The last one goes on to ring.
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
];

// The rows of each operation, the least of `rounds` rounds, each with an object of its own.
export async function count(server, rounds) {
  const least = OPERATIONS.map(() => ({ rows: Infinity, alarms: Infinity }));
  for (let round = 0; round < rounds; round += 1) {
    const object = `costs-${round}`;
    const ask = (path) => server.ask("metered", `costs/${object}/${path}`);
    const meter = () => server.ask("metered", "meter");
    await meter();
    // The tables and the shapes are made.
    for (const path of ["schedule", "cancel", "put", "fail/1", "fire"]) await ask(path);
    await wait(500);
    for (const [place, [, before, operation]] of OPERATIONS.entries()) {
      for (const path of before) await ask(path);
      await meter();
      let read = { statements: [], alarms: 0 };
      if (operation === "rings") {
        // Nothing else happens to the object until its alarm has rung.
        for (let tries = 0; read.statements.length === 0 && tries < 400; tries += 1) {
          await wait(10);
          read = await meter();
        }
      } else {
        await ask(operation);
        read = await meter();
      }
      const rows = read.statements
        .filter(({ text }) => !ELSEWHERE.test(text))
        .reduce((sum, statement) => sum + statement.rows, 0);
      const best = least[place];
      best.rows = Math.min(best.rows, rows);
      best.alarms = Math.min(best.alarms, read.alarms);
    }
  }
  return OPERATIONS.map(([what], place) => ({ what, ...least[place] }));
}

// As it stands in the guide.
export function table(costs) {
  const lines = costs.map(({ what, rows, alarms }) => `| ${what} | ${rows} | ${alarms} |`);
  return ["| operation | rows written | alarms set |", "| --- | --- | --- |", ...lines].join("\n");
}

// Whether the guide has this table.
export async function isIn(guide, costs) {
  return (await readFile(guide, "utf8")).includes(`\n${table(costs)}\n`);
}
