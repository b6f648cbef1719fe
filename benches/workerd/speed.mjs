// How fast: a run that reads against the RPC of a plain object, and schedules against those of the
// contestants. Everything is timed from outside, over HTTP.

// How often an object is asked whether all have rung, and for how long at the most.
const POLL_MS = 5, LONGEST_DRAIN_MS = 120_000;

// The least between the last schedule that is added and the time at which all are due.
const REST_MS = 2_000;

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, Math.max(ms, 0)));

// The time that `work` takes, and the processor time of workerd meanwhile, in milliseconds.
async function timed(server, work) {
  const used = await server.used();
  const begin = performance.now();
  await work();
  return { time: performance.now() - begin, used: (await server.used()) - used };
}

// One contestant in one round: so many RPC, in one HTTP request, one after the other.
async function calls(server, name, round, count) {
  const { time, used } = await timed(server, () => server.ask(name, `calls/calls/${count}`));
  return [{ what: "call", name, round, count, time: time / count, used: used / count }];
}

// One contestant in one round: so many durable calls of another object, one after the other, each with its
// answer handled.
async function chain(server, name, round, count) {
  const object = `chain-${round}-${count}`;
  const { time, used } = await timed(server, async () => {
    await server.ask(name, `chain/${object}/${count}`);
    const begin = performance.now();
    while ((await server.ask(name, `chained/${object}`)) < count) {
      if (performance.now() > begin + LONGEST_DRAIN_MS) throw new Error(`${name}: the calls do not end`);
      await wait(POLL_MS);
    }
  });
  return [{ what: "chain", name, round, count, time: time / count, used: used / count }];
}

// One contestant in one round: so many schedules are added to one object, all due at one time, and ring.
// If they are due too early, once more with an object of its own and twice the patience.
async function schedules(server, name, round, count, patience) {
  const object = `schedules-${round}-${count}-${patience}`;
  // Two of the contestants know seconds only.
  const due = Math.ceil((Date.now() + patience + REST_MS) / 1_000) * 1_000;
  const insert = await timed(server, () => server.ask(name, `insert/${object}/${count}/${due}`));
  if (Date.now() >= due) return schedules(server, name, round, count, 2 * patience);
  // It is not to be evicted meanwhile.
  while (Date.now() < due - 1_000) {
    await wait(Math.min(due - 1_000 - Date.now(), 1_000));
    await server.ask(name, `last/${object}`);
  }
  await wait(due - Date.now());
  const drain = await timed(server, async () => {
    while ((await server.ask(name, `last/${object}`)) < count && Date.now() < due + LONGEST_DRAIN_MS) {
      await wait(POLL_MS);
    }
  });
  const rang = await server.ask(name, `rung/${object}`);
  if (rang[0] !== count || rang[1] !== count) {
    throw new Error(`${name}: of ${count} schedules ${rang[0]} rang, ${rang[1]} different ones`);
  }
  const result = (what, { time, used }) => ({ what, name, round, count, time, used });
  return [result("insert", insert), result("drain", drain)];
}

// All turns of calls, then all rounds of schedules. Who begins changes from one to the next.
export async function measure(server, names, { turns, calls: often, chained, rounds, counts }) {
  const results = [];
  const rotated = (list, round) => list.map((_, place) => list[(place + round) % list.length]);
  // Adding is quadratic at the worst.
  const slowest = {};
  const patience = (name, count) => {
    const known = slowest[name];
    return known ? Math.ceil(known.time * Math.max((count / known.count) ** 2, 1) * 1.5) : count * 2;
  };
  // In many turns: a durable call waits for the disk twice, and that is slower in some seconds than in others.
  for (let turn = 0; turn < turns; turn += 1) {
    for (const name of rotated(["ours", "plain"], turn)) {
      // The first 200 warm it up.
      await calls(server, name, turn, 200);
      results.push(...(await calls(server, name, turn, often)));
      results.push(...(await chain(server, name, turn, chained)));
    }
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const count of counts) {
      for (const name of rotated(names, round)) {
        const [insert, drain] = await schedules(server, name, round, count, patience(name, count));
        if (!(slowest[name]?.time > insert.time)) slowest[name] = insert;
        results.push(insert, drain);
        console.error(`round ${round + 1}: ${name}: ${count}: ${insert.time.toFixed()} and ${drain.time.toFixed()} ms`);
      }
    }
  }
  return results;
}
