//! What the documents show of the Worker is what is built, with the tools that are used.

use toml::{Table, Value};

const README: &str = include_str!("../../../../README.md");
const GUIDE: &str = include_str!("../../../../docs/deploy.md");
const TOOLS: &str = include_str!("../../../../scripts/env.sh");
const WORKSPACE: &str = include_str!("../../../../Cargo.toml");
const CARGO: &str = include_str!("../../worker/Cargo.toml");
const WRANGLER: &str = include_str!("../../worker/wrangler.toml");

/// The block of TOML in the guide that has this line.
fn shown(line: &str) -> Table {
    let blocks = GUIDE.split("```toml\n").skip(1);
    let mut blocks = blocks.map(|block| block.split_once("```").unwrap().0);
    blocks
        .find(|block| block.contains(line))
        .unwrap()
        .parse()
        .unwrap()
}

/// The version of a tool.
fn tool(name: &str) -> &str {
    let mut lines = TOOLS.lines();
    let version = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    version.unwrap().split_whitespace().next().unwrap()
}

#[test]
fn the_wrangler_file_of_the_guide_is_the_examples() {
    let own = WRANGLER
        .replace("task-scheduler", "counter")
        .replace("TASK_SCHEDULER", "COUNTER")
        .replace("TaskScheduler", "Counter");
    let mut own: Table = own.parse().unwrap();
    let mut shown = shown("[[migrations]]");
    // The example is built with a profile of the workspace, and from two directories.
    let build = shown.remove("build").unwrap();
    assert_eq!(build["command"], "worker-build --release".into());
    let build = own.remove("build").unwrap();
    assert_eq!(build["command"], "worker-build --profile worker".into());
    assert_eq!(shown, own);
}

#[test]
fn the_manifest_of_the_guide_is_like_the_examples() {
    let shown = shown("[dependencies]");
    let own: Table = CARGO.parse().unwrap();
    assert_eq!(shown["lib"], own["lib"]);
    let wasm = &own["target"]["cfg(target_family = \"wasm\")"]["dependencies"];
    assert_eq!(shown["dependencies"]["worker"], wasm["worker"]["version"]);
    let workspace: Table = WORKSPACE.parse().unwrap();
    let profile = &workspace["profile"]["worker"];
    for (key, value) in shown["profile"]["release"].as_table().unwrap() {
        assert_eq!(profile[key], *value, "{key}");
    }
    // On wasm32 a panic aborts anyway.
    let more = ["inherits", "panic"].map(|key| profile[key].clone());
    assert_eq!(more, ["release", "abort"].map(Value::from));
}

#[test]
fn the_tools_that_are_named_are_those_that_are_used() {
    let worker_build = format!(
        "cargo install worker-build --version {} --locked\n",
        tool("worker_build")
    );
    assert!(README.contains(&worker_build) && GUIDE.contains(&worker_build));
    let wrangler = tool("wrangler");
    let dev = format!("npx wrangler@{wrangler} dev --port 8080\n");
    assert!(README.contains(&dev), "{dev}");
    let tried = format!("tried with Wrangler {wrangler}.\n");
    assert!(GUIDE.contains(&tried), "{tried}");
}
