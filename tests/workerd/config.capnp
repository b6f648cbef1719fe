using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "front", worker = .front),
    (name = "outsider", worker = .outsider),
    (name = "objects", disk = (path = "objects", writable = true)),
    # What Workers fetch from: also this machine, where the tests' servers are.
    (name = "internet", network = (allow = ["private", "public", "local"])),
  ],
  sockets = [
    (name = "main", address = "127.0.0.1:0", http = (), service = "main"),
    (name = "front", address = "127.0.0.1:0", http = (), service = "front"),
    (name = "outsider", address = "127.0.0.1:0", http = (), service = "outsider"),
  ],
);
# The same Worker in an isolate of its own: only the objects of the other are shared.
const front :Workerd.Worker = (
  modules = [
    (name = "index.js", esModule = embed "index.js"),
    (name = "index_bg.wasm", wasm = embed "index_bg.wasm"),
  ],
  compatibilityDate = "2026-04-01",
  bindings = [
    (name = "LAB", durableObjectNamespace = (className = "Lab", serviceName = "main")),
    (name = "PHONE", durableObjectNamespace = (className = "Phone", serviceName = "main")),
    (name = "ACCOUNT", durableObjectNamespace = (className = "Account", serviceName = "main")),
    (name = "FETCHER", durableObjectNamespace = (className = "Fetcher", serviceName = "main")),
  ],
);
# It takes those objects out of memory that it is bound to, and has executors.
const outsider :Workerd.Worker = (
  modules = [(name = "outsider.js", esModule = embed "outsider.js")],
  compatibilityDate = "2026-04-01",
  compatibilityFlags = ["unsafe_module"],
  bindings = [
    (name = "BELL", durableObjectNamespace = (className = "Bell", serviceName = "main")),
    (name = "LAB", durableObjectNamespace = (className = "Lab", serviceName = "main")),
    (name = "PHONE", durableObjectNamespace = (className = "Phone", serviceName = "main")),
    (name = "FETCHER", durableObjectNamespace = (className = "Fetcher", serviceName = "main")),
  ],
);
const main :Workerd.Worker = (
  modules = [
    (name = "index.js", esModule = embed "index.js"),
    (name = "index_bg.wasm", wasm = embed "index_bg.wasm"),
  ],
  compatibilityDate = "2026-04-01",
  bindings = [
    (name = "BELL", durableObjectNamespace = "Bell"),
    (name = "FETCHER", durableObjectNamespace = "Fetcher"),
    (name = "LAB", durableObjectNamespace = "Lab"),
    (name = "DATABASES", durableObjectNamespace = "Databases"),
    (name = "PAYLOADS", durableObjectNamespace = "Payloads"),
    (name = "PHONE", durableObjectNamespace = "Phone"),
    (name = "ACCOUNT", durableObjectNamespace = "Account"),
    (name = "PLANNER", durableObjectNamespace = "Planner"),
    (name = "TABLES", durableObjectNamespace = "Tables"),
    (name = "MAIL", service = (name = "outsider", entrypoint = "Mail")),
    (name = "SILENT", service = (name = "outsider", entrypoint = "Silent")),
    (name = "SLOW", service = (name = "outsider", entrypoint = "Slow")),
    (name = "UNWILLING", service = (name = "outsider", entrypoint = "Unwilling")),
    (name = "NO_EXECUTOR", service = "front"),
    (name = "TEXT", text = "no service"),
  ],
  durableObjectNamespaces = [
    (className = "Bell", uniqueKey = "bell", enableSql = true),
    (className = "Fetcher", uniqueKey = "fetcher", enableSql = true),
    (className = "Lab", uniqueKey = "lab", enableSql = true),
    (className = "Databases", uniqueKey = "databases", enableSql = true),
    (className = "Payloads", uniqueKey = "payloads", enableSql = true),
    (className = "Phone", uniqueKey = "phone", enableSql = true),
    (className = "Account", uniqueKey = "account", enableSql = true),
    (className = "Planner", uniqueKey = "planner", enableSql = true),
    (className = "Tables", uniqueKey = "tables", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "objects"),
);
