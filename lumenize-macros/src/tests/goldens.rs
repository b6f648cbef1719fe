//! Files that a test makes: it compares, and writes them anew where it is told to.

use std::path::Path;

/// `LUMENIZE_GOLDENS=overwrite cargo test -p lumenize-macros` writes the files.
const OVERWRITE: &str = "LUMENIZE_GOLDENS";

/// Holds `text` against the file of that name below the workspace.
pub(super) fn hold(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    if std::env::var_os(OVERWRITE).is_some_and(|value| value == "overwrite") {
        std::fs::write(&path, text).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = found.lines().zip(text.lines()).position(|(a, b)| a != b);
    assert!(
        found == text,
        "{name} is not what it should be from line {} on; see to it that the new one is right, with \
         {OVERWRITE}=overwrite cargo test -p lumenize-macros",
        differs.map_or(found.lines().count().min(text.lines().count()), |line| line
            + 1)
    );
}
