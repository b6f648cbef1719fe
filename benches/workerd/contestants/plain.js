// A Durable Object with nothing: what one RPC costs.

import { DurableObject } from "cloudflare:workers";
import { serve } from "./routes.js";

export class Plain extends DurableObject {
  count = 7;

  get() {
    return this.count;
  }
}

// One of a pair that call each other as durably as ours do: the call is a row of the caller's, the callee
// keeps its id in the commit of its effect, and the row goes in the commit that handles the answer.
export class Pair extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.sql = ctx.storage.sql;
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS outbox (id TEXT NOT NULL PRIMARY KEY, due INTEGER NOT NULL, number INTEGER NOT NULL);
      CREATE INDEX IF NOT EXISTS outbox_due ON outbox (due);
      CREATE TABLE IF NOT EXISTS inbox (id TEXT NOT NULL PRIMARY KEY, deadline INTEGER NOT NULL, answer TEXT);
      CREATE INDEX IF NOT EXISTS inbox_deadline ON inbox (deadline);
      CREATE TABLE IF NOT EXISTS told (number INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS heard (number INTEGER NOT NULL)`);
  }

  chain(number) {
    const id = this.add(number);
    this.send(id, number);
  }

  add(number) {
    const id = crypto.randomUUID(), due = Date.now() + 5_000;
    this.sql.exec("INSERT INTO outbox VALUES (?, ?, ?)", id, due, number);
    this.ctx.storage.setAlarm(due);
    return id;
  }

  async send(id, number) {
    const callee = this.env.PAIR.getByName(`${this.ctx.id.name}-callee`);
    await callee.tell(id, number);
    let next = undefined;
    this.ctx.storage.transactionSync(() => {
      this.sql.exec("DELETE FROM outbox WHERE id = ?", id);
      this.sql.exec("INSERT INTO heard VALUES (?)", number);
      if (number > 1) next = this.add(number - 1);
    });
    if (next) this.send(next, number - 1);
  }

  tell(id, number) {
    return this.ctx.storage.transactionSync(() => {
      const known = this.sql.exec("SELECT answer FROM inbox WHERE id = ?", id).toArray();
      if (known.length) return known[0].answer;
      this.sql.exec("INSERT INTO told VALUES (?)", number);
      this.sql.exec("INSERT INTO inbox VALUES (?, ?, ?)", id, Date.now() + 60_000, "");
      return "";
    });
  }

  last() {
    return this.sql.exec("SELECT coalesce(max(rowid), 0) FROM heard").raw().toArray()[0][0];
  }

  // The backstop, for calls of which nothing was heard: none here.
  alarm() {}
}

export default serve((env, name) => env.PLAIN.getByName(name));
