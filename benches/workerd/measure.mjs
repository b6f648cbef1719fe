// Starts workerd, measures, prints a table, and says whether the goals are met (exit code 1 if not).

import * as costs from "./costs.mjs";
import { start } from "./server.mjs";
import { measure } from "./speed.mjs";

const [mode, workerd, build, guide] = process.argv.slice(2);
const PLANS = {
  full: { peers: ["agents", "actors"], turns: 15, calls: 1_000, chained: 1_000, rounds: 3, counts: [1_000, 10_000] },
  smoke: { peers: [], turns: 1, calls: 200, chained: 100, rounds: 1, counts: [100] },
  costs: undefined,
};
if (!(mode in PLANS)) throw new Error(`there is no mode ${mode}: ${Object.keys(PLANS).join(", ")}`);
const plan = PLANS[mode];

const median = (numbers) => {
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

// The medians over all turns or rounds, in milliseconds.
function summary(results, what, name, count) {
  const of = results.filter((one) => one.what === what && one.name === name && (!count || one.count === count));
  return { time: median(of.map(({ time }) => time)), used: median(of.map(({ used }) => used)) };
}

function print(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    const cells = row.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[column])));
    console.log(cells.join("  "));
  }
}

function report({ peers, turns, rounds, counts }, results) {
  const [few, many] = [counts[0], counts.at(-1)];
  const us = ({ time, used }) => [`${(time * 1e3).toFixed(1)} µs`, `${(used * 1e3).toFixed(1)} µs`];
  const ms = ({ time, used }) => [`${time.toFixed(1)} ms`, `${used.toFixed(1)} ms`];
  const rows = [["", "time", "of the processor"]];
  for (const name of ["plain", "ours"]) {
    rows.push([`${name}: a call that reads`, ...us(summary(results, "call", name))]);
  }
  for (const name of ["plain", "ours"]) {
    rows.push([`${name}: a durable call, its answer handled`, ...us(summary(results, "chain", name))]);
  }
  for (const [what, words] of [["insert", "schedules are added"], ["drain", "schedules ring"]]) {
    for (const count of counts) {
      for (const name of ["ours", ...peers]) {
        rows.push([`${name}: ${count} ${words}`, ...ms(summary(results, what, name, count))]);
      }
    }
  }
  console.log(`\nThe medians of ${turns} turns of calls and of ${rounds} rounds of schedules; ours adds at most 1000 schedules in one run.\n`);
  print(rows);
  if (peers.length === 0) return true;

  const time = (what, name, count) => summary(results, what, name, count).time;
  const fastest = (what) => Math.min(...peers.map((name) => time(what, name, many)));
  const goals = [
    ["a call that reads: times plain", time("call", "ours") / time("call", "plain"), "<=", 1.3],
    ["a durable call: times plain", time("chain", "ours") / time("chain", "plain"), "<=", 1.3],
    [`adding ${many}: the faster peer's time by ours`, fastest("insert") / time("insert", "ours", many), ">=", 5],
    [`adding: ${many} by ${few}`, time("insert", "ours", many) / time("insert", "ours", few), "<=", 12],
    [`ringing ${many}: times the faster peer`, time("drain", "ours", many) / fastest("drain"), "<=", 1],
  ];
  const isMet = ([, ratio, order, goal]) => (order === "<=" ? ratio <= goal : ratio >= goal);
  console.log();
  print(goals.map((one) => [one[0], one[1].toFixed(2), `${one[2]} ${one[3]}`, isMet(one) ? "met" : "MISSED"]));
  return goals.every(isMet);
}

const names = ["ours", "metered", "plain", ...(plan?.peers ?? [])];
const server = await start(workerd, build, names);
let isMet = true;
try {
  const counted = await costs.count(server, 3);
  console.log(costs.table(counted));
  if (!(await costs.isIn(guide, counted))) {
    console.log(`\nMISSED: this table is not in ${guide}`);
    isMet = false;
  }
  if (plan) isMet = report(plan, await measure(server, ["ours", ...plan.peers], plan)) && isMet;
} finally {
  await server.stop();
}
process.exitCode = isMet ? 0 : 1;
