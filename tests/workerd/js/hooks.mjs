// How Node loads object.js: as a module, and with a stand-in for what only workerd has.

export async function resolve(specifier, context, next) {
  if (specifier !== "cloudflare:workers") return next(specifier, context);
  return { url: new URL("cloudflare_workers.mjs", import.meta.url).href, format: "module", shortCircuit: true };
}

export async function load(url, context, next) {
  const isObject = new URL(url).pathname.endsWith("/object.js");
  return next(url, isObject ? { ...context, format: "module" } : context);
}
