// The npm package `@cloudflare/actors`. It has no way to add many alarms at once.

import { Actor } from "@cloudflare/actors";
import { LOG, RING, last, rung, serve } from "./routes.js";

export class Actors extends Actor {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec(LOG);
  }

  async insert(count, due) {
    const date = new Date(due);
    for (let number = 0; number < count; number += 1) {
      await this.alarms.schedule(date, "ring", { number });
    }
  }

  ring({ number }) {
    this.ctx.storage.sql.exec(RING, number);
  }

  last() {
    return last(this.ctx.storage.sql);
  }

  rung() {
    return rung(this.ctx.storage.sql);
  }
}

export default serve((_env, name) => Actors.get(name));
