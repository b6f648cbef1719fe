// One workerd that serves all contestants, each as a Worker with an isolate of its own, with their objects on
// disk, on loopback.

import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, open, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

// The Workers: their modules, the first of which is the entry, and their classes by binding.
const WORKERS = {
  ours: { modules: ["index.js", "index_bg.wasm"], classes: { LOAD: "Load", COSTS: "Costs", PAIR: "Pair" } },
  metered: {
    modules: ["meter.js", "index.js", "index_bg.wasm"],
    classes: { LOAD: "Load", COSTS: "Costs", PAIR: "Pair", METER: "Meter" },
  },
  plain: { modules: ["plain.js"], classes: { PLAIN: "Plain", PAIR: "Pair" } },
  agents: { modules: ["agents.js"], classes: { Agents: "Agents" } },
  actors: { modules: ["actors.js"], classes: { Actors: "Actors" } },
};

// Starts it with these Workers, whose modules are in `build`.
export async function start(workerd, build, names) {
  const directory = await mkdtemp(join(tmpdir(), "lumenize-bench-"));
  for (const module of new Set(names.flatMap((name) => WORKERS[name].modules))) {
    await cp(join(build, module), join(directory, module));
  }
  for (const name of names) await mkdir(join(directory, "objects", name), { recursive: true });
  await writeFile(join(directory, "config.capnp"), config(names));
  const console = await open(join(directory, "console"), "w");
  const child = spawn(workerd, ["serve", "config.capnp", "--experimental", "--control-fd=3"], {
    cwd: directory,
    stdio: ["ignore", console.fd, console.fd, "pipe"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const ports = {};
  // {"event":"listen","socket":"ours","port":8080} for each.
  for await (const line of createInterface({ input: child.stdio[3] })) {
    const event = JSON.parse(line);
    if (event.event === "listen") ports[event.socket] = event.port;
    if (Object.keys(ports).length === names.length) break;
  }
  if (Object.keys(ports).length < names.length) {
    throw new Error(`workerd did not start; see ${directory}/console`);
  }
  return {
    // The processor time that it has used so far, in milliseconds.
    async used() {
      const threads = await readdir(`/proc/${child.pid}/task`);
      const read = (thread) => readFile(`/proc/${child.pid}/task/${thread}/schedstat`, "utf8");
      const used = await Promise.all(threads.map(read));
      return used.reduce((sum, text) => sum + Number(text.split(" ")[0]), 0) / 1e6;
    },
    // The body of the answer.
    async ask(name, path) {
      const response = await fetch(`http://127.0.0.1:${ports[name]}/${path}`);
      const text = await response.text();
      if (!response.ok) throw new Error(`${name}: ${path}: ${response.status} ${text}`);
      return text && JSON.parse(text);
    },
    async stop() {
      child.kill("SIGKILL");
      await ended;
      await console.close();
      await rm(directory, { recursive: true });
    },
  };
}

function config(names) {
  const parts = (list, part) => list.map((item) => `    ${part(item)},\n`).join("");
  const workers = names.map((name) => {
    const { modules, classes } = WORKERS[name];
    const module = (file) => (file.endsWith(".wasm") ? "wasm" : "esModule");
    return `
const ${name} :Workerd.Worker = (
  modules = [
${parts(modules, (file) => `(name = "${file}", ${module(file)} = embed "${file}")`)}  ],
  compatibilityDate = "2026-04-01",
  compatibilityFlags = ["nodejs_compat"],
  bindings = [
${parts(Object.entries(classes), ([key, name]) => `(name = "${key}", durableObjectNamespace = "${name}")`)}  ],
  durableObjectNamespaces = [
${parts(Object.values(classes), (name) => `(className = "${name}", uniqueKey = "${name}", enableSql = true)`)}  ],
  durableObjectStorage = (localDisk = "${name}-objects"),
);
`;
  });
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
${parts(names, (name) => `(name = "${name}", worker = .${name})`)}${parts(names, (name) => `(name = "${name}-objects", disk = (path = "objects/${name}", writable = true))`)}    (name = "internet", network = (allow = ["private", "public", "local"])),
  ],
  sockets = [
${parts(names, (name) => `(name = "${name}", address = "127.0.0.1:0", http = (), service = "${name}")`)}  ],
);
${workers.join("")}`;
}
