// The npm package `agents`. It has no way to add many schedules at once.

import { Agent, getAgentByName } from "agents";
import { LOG, RING, last, rung, serve } from "./routes.js";

export class Agents extends Agent {
  onStart() {
    this.ctx.storage.sql.exec(LOG);
  }

  async insert(count, due) {
    const date = new Date(due);
    for (let number = 0; number < count; number += 1) {
      await this.schedule(date, "ring", { number });
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

export default serve((env, name) => getAgentByName(env.Agents, name));
