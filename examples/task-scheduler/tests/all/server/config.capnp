using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "routes", worker = .routes),
    (name = "faults", worker = .faults),
    (name = "objects", disk = (path = "objects", writable = true)),
  ],
  sockets = [
    (name = "routes", address = "127.0.0.1:0", http = (), service = "routes"),
    (name = "faults", address = "127.0.0.1:0", http = (), service = "faults"),
  ],
);
const routes :Workerd.Worker = (
  modules = [
    (name = "index.js", esModule = embed "index.js"),
    (name = "index_bg.wasm", wasm = embed "index_bg.wasm"),
  ],
  compatibilityDate = "{date}",
  bindings = [{own}],
  durableObjectNamespaces = [{classes}],
  durableObjectStorage = (localDisk = "objects"),
);
# A Worker beside it that can take its objects away.
const faults :Workerd.Worker = (
  modules = [(name = "faults.js", esModule = embed "faults.js")],
  compatibilityDate = "{date}",
  compatibilityFlags = ["unsafe_module"],
  bindings = [{others}],
);
