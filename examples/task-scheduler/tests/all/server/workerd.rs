//! The Worker on workerd, as its Wrangler file has it.

use serde::Deserialize;
use std::path::Path;
use std::process::{Child, Command, Stdio};

const WRANGLER: &str = include_str!("../../../worker/wrangler.toml");

/// What workerd, which reads no Wrangler file, must know of it.
#[derive(Deserialize)]
struct Wrangler {
    compatibility_date: String,
    durable_objects: Objects,
    migrations: Vec<Migration>,
}

#[derive(Deserialize)]
struct Objects {
    bindings: Vec<Binding>,
}

#[derive(Deserialize)]
struct Binding {
    name: String,
    class_name: String,
}

#[derive(Deserialize)]
struct Migration {
    #[serde(default)]
    new_sqlite_classes: Vec<String>,
}

/// Serves this directory on ports that are free.
pub(super) fn spawn(build: &Path, data: &Path) -> Child {
    std::fs::create_dir_all(data.join("objects")).unwrap();
    for file in ["index.js", "index_bg.wasm"] {
        std::fs::copy(build.join(file), data.join(file)).unwrap();
    }
    std::fs::write(data.join("faults.js"), include_str!("faults.js")).unwrap();
    std::fs::write(data.join("config.capnp"), config()).unwrap();
    Command::new(std::env::var_os("LUMENIZE_WORKERD").unwrap())
        .args(["serve", "config.capnp", "--experimental", "--control-fd=1"])
        .current_dir(data)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(super::console(data))
        .spawn()
        .unwrap()
}

/// The socket and its address, if the line is an event that says so.
pub(super) fn address(line: &str) -> Option<(String, String)> {
    let event: serde_json::Value = serde_json::from_str(line).ok()?;
    let socket = event.get("socket")?.as_str()?.to_owned();
    let port = event.get("port")?.as_u64()?;
    Some((socket, format!("127.0.0.1:{port}")))
}

fn config() -> String {
    let wrangler: Wrangler = toml::from_str(WRANGLER).unwrap();
    let list = |items: Vec<String>| items.join(", ");
    let classes = wrangler
        .migrations
        .iter()
        .flat_map(|migration| &migration.new_sqlite_classes);
    let classes = classes.map(|class| {
        format!("(className = \"{class}\", uniqueKey = \"{class}\", enableSql = true)")
    });
    let bindings = wrangler.durable_objects.bindings.iter();
    let own = bindings.clone().map(|Binding { name, class_name }| {
        format!("(name = \"{name}\", durableObjectNamespace = \"{class_name}\")")
    });
    let others = bindings.map(|Binding { name, class_name }| {
        format!(
            "(name = \"{name}\", durableObjectNamespace = \
             (className = \"{class_name}\", serviceName = \"routes\"))"
        )
    });
    include_str!("config.capnp")
        .replace("{date}", &wrangler.compatibility_date)
        .replace("{classes}", &list(classes.collect()))
        .replace("{own}", &list(own.collect()))
        .replace("{others}", &list(others.collect()))
}
