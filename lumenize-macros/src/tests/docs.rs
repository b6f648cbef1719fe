//! `docs/errors.md` is made of the UI tests: what the compiler said of a case in `fail/`, and the code in
//! `pass/mended/` that names the case. Every text of the table is in it.

use super::goldens::hold;
use crate::text;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The chapters: the files of `pass/mended/`, and what they are about.
const CHAPTERS: [(&str, &str, &str); 6] = [
    (
        "objects",
        "Objects",
        "The attribute, its arguments, and the `impl` block that it stands on.",
    ),
    (
        "handlers",
        "Handlers",
        "A method with a receiver is a handler, and must be able to be one, unless `#[handler(skip)]` stands \
         above it.",
    ),
    ("types", "Types", "Arguments, results and state are stored."),
    (
        "continuations",
        "Continuations",
        "What fills an argument, and what can be scheduled.",
    ),
    (
        "calls",
        "Calls and placeholders",
        "What a call or a step before returns, before it is known.",
    ),
    (
        "cron",
        "`cron!`",
        "A cron expression is checked while the program is compiled.",
    ),
];

const INTRODUCTION: &str = "\
<!-- Made by a test: `LUMENIZE_GOLDENS=overwrite cargo test -p lumenize-macros`. -->

# Errors

What the compiler says of mistakes, and the code without them. Each text gives a rule, its reason and a
remedy. All mistakes are reported at once, each where it is, and none twice: what calls a refused handler
is not refused for it, but for the type of its result, which is not known then. Where there is more than one message for a mistake, or the message is rustc's own and
speaks of something else, it is said here.

Every error here is one of a test, `ui-tests/fail/`, and so is the code that mends it, `ui-tests/pass/mended/`.
";

/// One mistake.
struct Entry {
    case: String,
    title: String,
    prose: Vec<String>,
    /// Which of the errors of the case is shown, counted from one.
    shows: usize,
    code: Vec<String>,
}

fn ui_tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui-tests")
}

/// The mistakes that are mended in a file.
fn entries(file: &str) -> Vec<Entry> {
    let path = ui_tests()
        .join("pass/mended")
        .join(file)
        .with_extension("rs");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut entries: Vec<Entry> = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        let comment = line.strip_prefix("// ");
        if let Some(case) = comment.and_then(|line| line.strip_prefix("case: ")) {
            in_code = false;
            entries.push(Entry {
                case: case.to_owned(),
                title: String::new(),
                prose: Vec::new(),
                shows: 1,
                code: Vec::new(),
            });
            continue;
        }
        let Some(entry) = entries.last_mut() else {
            continue;
        };
        if let Some(comment) = comment {
            if let Some(title) = comment.strip_prefix("title: ") {
                entry.title = title.to_owned();
            } else if let Some(shows) = comment.strip_prefix("shows: ") {
                entry.shows = shows.parse().unwrap();
            } else {
                entry.prose.push(comment.to_owned());
            }
        } else if line.ends_with('{') && !line.starts_with(' ') && entry.code.is_empty() {
            // `mod name {`
            in_code = true;
        } else if line.starts_with("object! {") && entry.code.is_empty() {
            in_code = true;
        } else if line == "}" {
            in_code = false;
        } else if in_code && line != "    use super::*;" {
            entry
                .code
                .push(line.strip_prefix("    ").unwrap_or(line).to_owned());
        }
    }
    for entry in &entries {
        assert!(
            !entry.title.is_empty() && !entry.code.is_empty(),
            "{}",
            entry.case
        );
    }
    entries
}

/// The errors of a case, each with what rustc shows of the code and with the notes that are ours.
fn errors(case: &str) -> Vec<String> {
    let path = ui_tests().join("fail").join(case).with_extension("stderr");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{case}: {error}"));
    let mut errors: Vec<String> = Vec::new();
    let mut shown = true;
    for line in text.lines() {
        if line.starts_with("error") {
            errors.push(format!("{line}\n"));
            shown = true;
            continue;
        }
        let Some(error) = errors.last_mut() else {
            continue;
        };
        let trimmed = line.trim_start();
        let begins = ["= ", "help: ", "note: ", "warning: "];
        if begins.iter().any(|begin| trimmed.starts_with(begin)) {
            shown = trimmed.starts_with("= note: ") && !trimmed.contains("this error originates");
        }
        if shown && !trimmed.starts_with("-->") {
            writeln!(error, "{line}").unwrap();
        }
    }
    errors
}

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    for (file, title, about) in CHAPTERS {
        write!(page, "\n## {title}\n\n{about}\n").unwrap();
        for entry in entries(file) {
            let errors = errors(&entry.case);
            let error = errors
                .get(entry.shows - 1)
                .unwrap_or_else(|| panic!("{}", entry.case));
            let many = match errors.len() {
                0 | 1 => "",
                _ => ", among others",
            };
            write!(page, "\n### {}\n\n", entry.title).unwrap();
            write!(page, "`fail/{}.rs`{many}:\n\n", entry.case).unwrap();
            write!(page, "```text\n{}\n```\n", error.trim_end()).unwrap();
            if !entry.prose.is_empty() {
                write!(page, "\n{}\n", entry.prose.join("\n")).unwrap();
            }
            let code = entry.code.join("\n");
            write!(
                page,
                "\nInstead:\n\n```rs\n{}\n```\n",
                code.trim_matches('\n')
            )
            .unwrap();
        }
    }
    page
}

#[test]
fn the_page_of_errors_is_made_of_the_tests() {
    hold("docs/errors.md", &page());
}

#[test]
fn every_text_is_on_the_page() {
    let page = page();
    let made = [
        ("unknown_argument", text::unknown_argument("name", None)),
        (
            "unknown_argument, meant",
            text::unknown_argument("bindings", Some("binding")),
        ),
        (
            "unknown_helper",
            text::unknown_helper("says nothing by itself", None),
        ),
        (
            "unknown_helper, meant",
            text::unknown_helper("has no argument `skpi`", Some("skip")),
        ),
        ("was_handler", text::was_handler("end")),
        ("was_other", text::was_other("end", "done")),
        ("reserved", text::reserved("then")),
        ("reserved, c", text::reserved("c")),
        ("collision", text::collision("step_1", "step1", "Step1")),
    ];
    let made = made.iter().map(|(name, text)| (*name, text.as_str()));
    let texts: Vec<(&str, &str)> = text::ALL.iter().copied().chain(made).collect();
    for (name, text) in &texts {
        assert!(page.contains(text), "{name} is on no page: {text}");
    }
    assert!(texts.len() >= 35, "only {} texts", texts.len());
}

#[test]
fn every_text_gives_a_rule_a_reason_and_a_remedy() {
    for (name, text) in text::ALL {
        let (rule, rest) = text
            .split_once(": ")
            .unwrap_or_else(|| panic!("{name}: {text}"));
        let (reason, remedy) = rest
            .split_once("; ")
            .unwrap_or_else(|| panic!("{name}: {text}"));
        for part in [rule, reason, remedy] {
            assert!(part.len() > 10, "{name}: {part}");
        }
        assert!(
            !text.ends_with('.') && !text.contains("  "),
            "{name}: {text}"
        );
        assert!(!text.starts_with(char::is_uppercase), "{name}: {text}");
    }
}
