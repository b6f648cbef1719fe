//! The cases of the UI tests, without a compiler: what the macros say of each is in its text, and what
//! passes becomes Rust.

mod docs;
mod expansion;
mod former_names;
mod goldens;
mod messages;
mod model;

use crate::{cron, object};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::path::{Path, PathBuf};

fn cases(directory: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(directory)];
    while let Some(directory) = open.pop() {
        for entry in directory.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "there are no cases in {directory}");
    found
}

/// What each use of a macro becomes.
fn expanded(tokens: TokenStream, into: &mut Vec<TokenStream>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match (token, tokens.peek()) {
            (TokenTree::Ident(name), Some(TokenTree::Punct(bang)))
                if name == "cron" && bang.as_char() == '!' =>
            {
                tokens.next();
                match tokens.next() {
                    // In a macro by example it is not whole yet.
                    Some(TokenTree::Group(arguments)) if !arguments.to_string().contains('$') => {
                        into.push(cron::expand(arguments.stream()));
                    }
                    _ => {}
                }
            }
            (TokenTree::Punct(pound), Some(TokenTree::Group(attribute)))
                if pound.as_char() == '#' && is_ours(attribute.stream()) =>
            {
                let arguments = attribute.stream().into_iter().nth(1);
                tokens.next();
                let mut item = TokenStream::new();
                for token in tokens.by_ref() {
                    let ends = match &token {
                        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                        TokenTree::Punct(punct) => punct.as_char() == ';',
                        _ => false,
                    };
                    item.extend([token]);
                    if ends {
                        break;
                    }
                }
                let arguments = match arguments {
                    Some(TokenTree::Group(arguments)) => arguments.stream(),
                    _ => TokenStream::new(),
                };
                // Within it there may be a `cron!`.
                expanded(item.clone(), into);
                // rustc drops what is under a `#[cfg]` that does not hold before it asks the macro.
                let text = item.to_string();
                if !text.starts_with("# [cfg (any ())]") && !text.contains('$') {
                    into.push(object(arguments, item));
                }
            }
            (TokenTree::Group(group), _) => expanded(group.stream(), into),
            _ => {}
        }
    }
}

fn is_ours(attribute: TokenStream) -> bool {
    let first = attribute.into_iter().next();
    matches!(first, Some(TokenTree::Ident(name)) if name == "durable_object")
}

/// The texts of the `compile_error!`s.
fn refusals(tokens: TokenStream, into: &mut Vec<String>) {
    let mut after = false;
    for token in tokens {
        match token {
            TokenTree::Ident(name) => after = name == "compile_error",
            TokenTree::Group(group) if after => {
                let text: syn::LitStr = syn::parse2(group.stream()).unwrap();
                into.push(text.value());
                after = false;
            }
            TokenTree::Group(group) => refusals(group.stream(), into),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

fn expansions(case: &Path) -> Vec<TokenStream> {
    let text = std::fs::read_to_string(case).unwrap();
    let mut found = Vec::new();
    expanded(text.parse().unwrap(), &mut found);
    found
}

#[test]
fn what_is_refused_is_said_in_the_texts_of_the_ui_tests() {
    let mut said = 0;
    for case in cases("../ui-tests/fail") {
        let expected = std::fs::read_to_string(case.with_extension("stderr")).unwrap();
        for expansion in expansions(&case) {
            let mut found = Vec::new();
            refusals(expansion, &mut found);
            for refusal in found {
                let first = refusal.lines().next().unwrap();
                assert!(expected.contains(first), "{}: {refusal}", case.display());
                said += 1;
            }
        }
    }
    assert!(said >= 60, "only {said} refusals");
}

#[test]
fn what_passes_becomes_rust() {
    let mut passed = 0;
    for case in cases("../ui-tests/pass") {
        for expansion in expansions(&case) {
            let mut found = Vec::new();
            refusals(expansion.clone(), &mut found);
            assert_eq!(found, [""; 0], "{}", case.display());
            let is_rust = syn::parse2::<syn::File>(expansion.clone()).is_ok()
                || syn::parse2::<syn::Expr>(expansion).is_ok();
            assert!(is_rust, "{}", case.display());
            passed += 1;
        }
    }
    assert!(passed >= 10, "only {passed} expansions");
}
