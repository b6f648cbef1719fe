// A Durable Object with nothing: what one RPC costs.

import { DurableObject } from "cloudflare:workers";
import { serve } from "./routes.js";

// As ours: when a call is sent again, when it is given up, and how much clocks may differ.
const SILENCE_MS = 5_000, TIMEOUT_MS = 60_000, SKEW_MS = 60_000;

export class Plain extends DurableObject {
  count = 7;

  get() {
    return this.count;
  }
}

// One of a pair that call each other as durably as ours do: the call is a row of the caller's, sent again until
// there is an answer; the callee keeps its id and the answer in the commit of its effect, until the call's time is
// over; and the row goes in the commit that handles the answer, which is handled only if the row was there.
export class Pair extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.sql = ctx.storage.sql;
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS outbox (
        id TEXT NOT NULL PRIMARY KEY, due INTEGER NOT NULL, deadline INTEGER NOT NULL, number INTEGER NOT NULL);
      CREATE INDEX IF NOT EXISTS outbox_due ON outbox (due);
      CREATE TABLE IF NOT EXISTS inbox (id TEXT NOT NULL PRIMARY KEY, deadline INTEGER NOT NULL, answer TEXT);
      CREATE INDEX IF NOT EXISTS inbox_deadline ON inbox (deadline);
      CREATE TABLE IF NOT EXISTS told (number INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS heard (number INTEGER NOT NULL)`);
  }

  chain(number) {
    this.send(this.add(number));
  }

  add(number) {
    const now = Date.now(), call = { id: crypto.randomUUID(), deadline: now + TIMEOUT_MS, number };
    this.sql.exec("INSERT INTO outbox VALUES (?, ?, ?, ?)", call.id, now + SILENCE_MS, call.deadline, number);
    this.ctx.storage.setAlarm(now + SILENCE_MS);
    return call;
  }

  async send({ id, deadline, number }) {
    const callee = this.env.PAIR.getByName(`${this.ctx.id.name}-callee`);
    try {
      await callee.tell(id, deadline, number);
    } catch {
      return; // The alarm sends it again.
    }
    let next = undefined;
    this.ctx.storage.transactionSync(() => {
      if (this.sql.exec("DELETE FROM outbox WHERE id = ?", id).rowsWritten === 0) return;
      this.sql.exec("INSERT INTO heard VALUES (?)", number);
      if (number > 1) next = this.add(number - 1);
    });
    if (next) this.send(next);
  }

  tell(id, deadline, number) {
    return this.ctx.storage.transactionSync(() => {
      const known = this.sql.exec("SELECT answer FROM inbox WHERE id = ?", id).raw().toArray();
      if (known.length) return known[0][0];
      if (deadline <= Date.now()) throw new Error("it came after its time");
      this.sql.exec("INSERT INTO told VALUES (?)", number);
      this.sql.exec("INSERT INTO inbox VALUES (?, ?, ?)", id, deadline, "");
      if (!this.purges) this.ctx.storage.setAlarm(deadline + SKEW_MS);
      this.purges = true;
      return "";
    });
  }

  last() {
    return this.sql.exec("SELECT coalesce(max(rowid), 0) FROM heard").raw().toArray()[0][0];
  }

  // The backstop, for calls of which nothing was heard; and what is over is forgotten.
  alarm() {
    const now = Date.now();
    this.sql.exec("DELETE FROM inbox WHERE deadline < ?", now - SKEW_MS);
    this.sql.exec("DELETE FROM outbox WHERE deadline < ?", now);
    const calls = this.sql.exec("SELECT id, deadline, number FROM outbox WHERE due <= ?", now).toArray();
    this.sql.exec("UPDATE outbox SET due = ? WHERE due <= ?", now + SILENCE_MS, now);
    for (const call of calls) this.send(call);
    const [next] = this.sql.exec(
      "SELECT min(at) FROM (SELECT min(due) AS at FROM outbox UNION ALL SELECT min(deadline) + ? FROM inbox)",
      SKEW_MS + 1,
    ).raw().toArray()[0];
    this.purges = next !== null;
    if (next !== null) this.ctx.storage.setAlarm(Math.max(next, now + 1));
  }
}

export default serve((env, name) => env.PLAIN.getByName(name));
