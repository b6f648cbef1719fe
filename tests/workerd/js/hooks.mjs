// How Node loads object.js and what it imports: as modules, and with a stand-in for what only workerd has.

export async function resolve(specifier, context, next) {
  if (specifier !== "cloudflare:workers") return next(specifier, context);
  return { url: new URL("cloudflare_workers.mjs", import.meta.url).href, format: "module", shortCircuit: true };
}

export async function load(url, context, next) {
  const isOurs = /\/(object|post|rpc|fetch|executor)\.js$/.test(new URL(url).pathname);
  return next(url, isOurs ? { ...context, format: "module" } : context);
}
