//! What holds of all messages that the UI tests keep.

use super::cases;

/// Names that nobody but the macro and the runtime writes. The builder, placeholders and what else is
/// documented may be in a message.
const OURS: [&str; 11] = [
    "__private",
    "lumenize_runtime",
    "Storable",
    "Stored",
    "Failure",
    "Defaulted",
    "fallback",
    "Returned",
    "Lowering",
    "Steps",
    "Probe",
];

/// The errors in a golden, each with its labels, without rustc's notes.
fn errors(golden: &str) -> Vec<String> {
    let mut errors: Vec<String> = Vec::new();
    let mut shown = false;
    for line in golden.lines() {
        let trimmed = line.trim_start();
        if line.starts_with("error") {
            errors.push(String::new());
            shown = true;
        } else if ["= ", "help: ", "note: ", "warning"]
            .iter()
            .any(|note| trimmed.starts_with(note))
        {
            shown = false;
        }
        // A line of the user's code has a number in front.
        let code = trimmed.starts_with(|first: char| first.is_ascii_digit());
        if let (true, false, Some(error)) = (shown, code, errors.last_mut()) {
            *error += line;
            error.push('\n');
        }
    }
    errors
}

fn goldens() -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for case in cases("../ui-tests/fail") {
        let golden = std::fs::read_to_string(case.with_extension("stderr")).unwrap();
        found.push((case.display().to_string(), errors(&golden)));
    }
    found
}

#[test]
fn no_message_has_a_name_that_only_we_write() {
    let goldens = goldens();
    for (case, errors) in &goldens {
        assert!(!errors.is_empty(), "{case}");
        for error in errors {
            let words = error.split(|c: char| !c.is_alphanumeric() && c != '_');
            let ours: Vec<_> = words.filter(|word| OURS.contains(word)).collect();
            assert_eq!(ours, [""; 0], "{case}: {error}");
        }
    }
    assert!(goldens.len() >= 100, "only {} cases", goldens.len());
}

#[test]
fn five_mistakes_have_five_messages() {
    let goldens = goldens();
    let five = goldens
        .iter()
        .find(|(case, _)| case.ends_with("five_mistakes.rs"));
    let (_, errors) = five.unwrap();
    let begins = [
        "error: a handler can't be `async`",
        "error: `usize` and `isize` can't be stored",
        "error: a handler can't return a reference",
        "error[E0277]: `{integer}` can't fill an argument of type `String`",
        "error[E0277]: `Task` can't be stored",
    ];
    assert_eq!(errors.len(), begins.len());
    for (error, begin) in errors.iter().zip(begins) {
        assert!(error.starts_with(begin), "{error}");
    }
}
