// Our Worker as it is, with a count of what its objects write: an object of another class in the same
// isolate puts itself in front of `sql.exec`, `setAlarm` and `deleteAlarm`, which all objects share.

import { DurableObject } from "cloudflare:workers";
import ours from "./index.js";

export * from "./index.js";

// What was written since it was last read, and which alarms were set.
let cursors = [];
let alarms = 0;

export class Meter extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    const sql = Object.getPrototypeOf(ctx.storage.sql);
    const { exec } = sql;
    sql.exec = function (text, ...bound) {
      const cursor = exec.call(this, text, ...bound);
      cursors.push({ text, cursor });
      return cursor;
    };
    const storage = Object.getPrototypeOf(ctx.storage);
    for (const name of ["setAlarm", "deleteAlarm"]) {
      const method = storage[name];
      storage[name] = function (...given) {
        alarms += 1;
        return method.apply(this, given);
      };
    }
  }

  read() {
    const statements = cursors.map(({ text, cursor }) => ({ text, rows: cursor.rowsWritten }));
    const read = { statements, alarms };
    cursors = [];
    alarms = 0;
    return read;
  }
}

export default class extends ours {
  async fetch(request) {
    if (new URL(request.url).pathname !== "/meter") return super.fetch(request);
    return Response.json(await this.env.METER.getByName("main").read());
  }
}
