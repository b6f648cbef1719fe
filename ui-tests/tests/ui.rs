//! The messages of the compiler are part of the interface. `pass/` compiles; each `fail/<class>/`
//! case fails with the text beside it.
//!
//! That text differs from one compiler to the next, and quotes the standard library where
//! `rust-src` is installed. So it is compared in the pinned state alone; elsewhere the cases only
//! have to fail.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// The compiler that wrote the `.stderr` files.
const PINNED: &str = "1.95.0";
/// Tells the test that it was started again, without the texts.
const WITHOUT_TEXTS: &str = "LUMENIZE_UI_WITHOUT_TEXTS";

#[test]
fn pass() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/*.rs");
    cases.pass("pass/mended/*.rs");
}

#[test]
fn fail() {
    if let Some(copies) = env::var_os(WITHOUT_TEXTS) {
        let copies = Path::new(&copies).join("*/*.rs");
        trybuild::TestCases::new().compile_fail(copies);
        return;
    }
    if is_pinned() {
        trybuild::TestCases::new().compile_fail("fail/*/*.rs");
        return;
    }
    // Beside copies without a text `overwrite` writes one, and compares nothing.
    let copies = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fail");
    copy_cases(Path::new("fail"), &copies).expect("the cases can be copied");
    let status = Command::new(env::current_exe().expect("this test has a path"))
        .args(["--exact", "fail"])
        .env(WITHOUT_TEXTS, &copies)
        .env("TRYBUILD", "overwrite")
        .status()
        .expect("this test can be started again");
    assert!(status.success(), "a case compiles that must not");
}

fn is_pinned() -> bool {
    let version = rustc(&["--version"]);
    let library = PathBuf::from(rustc(&["--print", "sysroot"]).trim()).join("lib/rustlib/src");
    version.split(' ').nth(1) == Some(PINNED) && !library.exists()
}

fn rustc(args: &[&str]) -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(args).output().expect("rustc runs");
    String::from_utf8(output.stdout).expect("rustc answers in UTF-8")
}

fn copy_cases(from: &Path, to: &Path) -> io::Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    for class in fs::read_dir(from)? {
        let class = class?;
        let copied = to.join(class.file_name());
        fs::create_dir_all(&copied)?;
        for case in fs::read_dir(class.path())? {
            let case = case?.path();
            if let (true, Some(name)) = (
                case.extension().is_some_and(|end| end == "rs"),
                case.file_name(),
            ) {
                fs::copy(&case, copied.join(name))?;
            }
        }
    }
    Ok(())
}
