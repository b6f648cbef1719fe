# Two Workers, each built of some release. `main` has the clerks; `front` asks them in the words of its own
# release, and has desks, which call them.
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "front", worker = .front),
    (name = "outsider", worker = .outsider),
    (name = "objects", disk = (path = "objects", writable = true)),
  ],
  sockets = [
    (name = "main", address = "127.0.0.1:0", http = (), service = "main"),
    (name = "front", address = "127.0.0.1:0", http = (), service = "front"),
    (name = "outsider", address = "127.0.0.1:0", http = (), service = "outsider"),
  ],
);
const main :Workerd.Worker = (
  modules = [
    (name = "index.js", esModule = embed "main/index.js"),
    (name = "index_bg.wasm", wasm = embed "main/index_bg.wasm"),
  ],
  compatibilityDate = "2026-04-01",
  bindings = [(name = "CLERK", durableObjectNamespace = "Clerk")],
  durableObjectNamespaces = [(className = "Clerk", uniqueKey = "clerk", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),
);
const front :Workerd.Worker = (
  modules = [
    (name = "index.js", esModule = embed "front/index.js"),
    (name = "index_bg.wasm", wasm = embed "front/index_bg.wasm"),
  ],
  compatibilityDate = "2026-04-01",
  bindings = [
    (name = "CLERK", durableObjectNamespace = (className = "Clerk", serviceName = "main")),
    (name = "DESK", durableObjectNamespace = "Desk"),
  ],
  durableObjectNamespaces = [(className = "Desk", uniqueKey = "desk", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),
);
# It takes those objects out of memory that it is bound to.
const outsider :Workerd.Worker = (
  modules = [(name = "outsider.js", esModule = embed "outsider.js")],
  compatibilityDate = "2026-04-01",
  compatibilityFlags = ["unsafe_module"],
  bindings = [
    (name = "CLERK", durableObjectNamespace = (className = "Clerk", serviceName = "main")),
    (name = "DESK", durableObjectNamespace = (className = "Desk", serviceName = "front")),
  ],
);
