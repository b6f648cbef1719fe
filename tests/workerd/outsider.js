// A Worker that is not one of ours: it does by hand what no builder and no caller of ours does, and
// takes objects out of memory. Its entrypoints are executors of a user's own.

import { WorkerEntrypoint } from "cloudflare:workers";
import unsafe from "workerd:unsafe";

// It has mail delivered, and says what it was handed. It tells the object twice, and before that with another
// token and of another attempt.
export class Mail extends WorkerEntrypoint {
  lumenizeFetch(attempt) {
    this.ctx.waitUntil(this.#send(attempt));
  }

  async #send({ object, request, reply, ...rest }) {
    const stub = this.env[object.binding].getByName(object.name);
    const body = [request.method, request.url, new TextDecoder().decode(request.body), rest.timeoutMs, rest.maxResponseBytes].join(" ");
    for (const place of [19, 38]) {
      const forged = reply.slice();
      forged[place] ^= 1;
      await stub.lumenize({ reply: forged, response: { status: 200, body: "forged" } });
    }
    const response = { status: 202, headers: [["x-own", "é"]], body };
    // What is no response is an exception here.
    const refused = await stub.lumenize({ reply, response: { status: 7 } }).catch((error) => `${error}`);
    if (!refused.includes("can't be read")) response.status = 500;
    await stub.lumenize({ reply, response });
    await stub.lumenize({ reply, response });
  }
}

// It takes attempts, and nothing is ever heard of them.
export class Silent extends WorkerEntrypoint {
  lumenizeFetch() {}
}

// It acknowledges only when it has told the object.
export class Slow extends WorkerEntrypoint {
  async lumenizeFetch({ object, request, reply }) {
    await fetch(request.url);
    await this.env[object.binding].getByName(object.name).lumenize({ reply, response: { status: 200, body: "slow" } });
  }
}

// It takes none.
export class Unwilling extends WorkerEntrypoint {
  lumenizeFetch() {
    throw new Error("not today");
  }
}

export default {
  async fetch(request, env) {
    const [route, name, path] = new URL(request.url).pathname.slice(1).split("/");
    try {
      switch (route) {
        case "evict":
          await unsafe.evictAllDurableObjects();
          return new Response("done");
        case "abort":
          await unsafe.abortAllDurableObjects();
          return new Response("done");
        // RPC to the one method, with the bytes of the body.
        case "send": {
          const bytes = new Uint8Array(await request.arrayBuffer());
          return new Response(await env.LAB.getByName(name).lumenize(bytes));
        }
        // RPC to the method of this name, with the arguments that the body has as JSON, in which a
        // text stands for a function.
        case "rpc": {
          const given = (_, value) => (value === "a function" ? () => "hijacked" : value);
          const args = JSON.parse(await request.text(), given);
          const answer = await rpc(env.LAB.getByName(name), path, args);
          return new Response(`answered: ${answer}`);
        }
      }
      return new Response("there is no such route", { status: 404 });
    } catch (error) {
      return new Response(`refused: ${error}`, { status: 400 });
    }
  },
};

// The name may be a path of names, with points between them.
function rpc(stub, path, args) {
  let holder = undefined, method = stub;
  for (const name of path.split(".")) [holder, method] = [method, property(method, name)];
  return Reflect.apply(method, holder, args);
}

// The names that every object has are not looked up in the stub itself, but sent as any other.
function property(stub, name) {
  let last = stub;
  while (Object.getPrototypeOf(last) !== Object.prototype) last = Object.getPrototypeOf(last);
  Object.setPrototypeOf(last, null);
  try {
    return Reflect.get(stub, name);
  } finally {
    Object.setPrototypeOf(last, Object.prototype);
  }
}
