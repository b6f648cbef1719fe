// A Worker that is not one of ours: it does by hand what no builder and no caller of ours does, and
// takes objects out of memory.

import unsafe from "workerd:unsafe";

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
