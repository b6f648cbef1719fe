// A Durable Object with nothing: what one RPC costs.

import { DurableObject } from "cloudflare:workers";
import { serve } from "./routes.js";

export class Plain extends DurableObject {
  count = 7;

  get() {
    return this.count;
  }
}

export default serve((env, name) => env.PLAIN.getByName(name));
