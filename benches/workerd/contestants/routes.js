// What the JavaScript contestants answer over HTTP; ours answers the same in Rust (lib.rs).

// `find` is how one gets the stub of an object with this name.
export function serve(find) {
  return {
    async fetch(request, env) {
      const [, route, name, ...numbers] = new URL(request.url).pathname.split("/");
      const object = await find(env, name);
      switch (route) {
        case "insert":
          await object.insert(...numbers.map(Number));
          return new Response();
        case "rung":
          return Response.json(await object.rung());
        case "last":
          return Response.json(await object.last());
        case "calls":
          for (let call = 0; call < Number(numbers[0]); call += 1) await object.get();
          return new Response();
        case "chain":
          await env.PAIR.getByName(name).chain(Number(numbers[0]));
          return new Response();
        case "chained":
          return Response.json(await env.PAIR.getByName(name).last());
        default:
          return new Response("there is no such route", { status: 404 });
      }
    },
  };
}

// Each schedule that rings writes its number down.
export const LOG = "CREATE TABLE IF NOT EXISTS rung (number INTEGER NOT NULL)";
export const RING = "INSERT INTO rung (number) VALUES (?)";

// How many rang: no row is removed, so this reads but one.
export function last(sql) {
  return sql.exec("SELECT coalesce(max(rowid), 0) FROM rung").raw().toArray()[0][0];
}

// How many rang, and how many different ones.
export function rung(sql) {
  return sql.exec("SELECT count(*), count(DISTINCT number) FROM rung").raw().toArray()[0];
}
