//! The attribute's arguments.

use crate::errors::{Errors, text};
use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Ident, Lit, LitStr, Path, Token};

/// What the attribute was given.
#[derive(Default)]
pub(crate) struct Args {
    /// `binding = "…"`
    pub(crate) binding: Option<String>,
    /// `crate = "…"`
    pub(crate) krate: Option<Path>,
}

/// `name = value`, or what was written instead.
struct Arg {
    name: Ident,
    value: Option<Expr>,
}

impl Parse for Arg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = Ident::parse_any(input)?;
        let value = match input.parse::<Option<Token![=]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Self { name, value })
    }
}

/// Reads the arguments; what is wrong with them is reported, and else ignored.
pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Args {
    let mut args = Args::default();
    let parsed = match Punctuated::<Arg, Token![,]>::parse_terminated.parse2(tokens) {
        Ok(parsed) => parsed,
        Err(error) => {
            errors.add(error);
            return args;
        }
    };
    for Arg { name, value } in parsed {
        let known = name == "binding" || name == "crate";
        let twice = (name == "binding" && args.binding.is_some())
            || (name == "crate" && args.krate.is_some());
        if !known {
            errors.at(&name, text::UNKNOWN_ARGUMENT);
        } else if twice {
            errors.at(&name, text::ARGUMENT_TWICE);
        } else if let Some(literal) = string(value.as_ref()) {
            if name == "binding" {
                args.binding = binding(&literal, errors);
            } else {
                args.krate = krate(&literal, errors);
            }
        } else {
            match value {
                Some(value) => errors.at(value, text::ARGUMENT_VALUE),
                None => errors.at(&name, text::ARGUMENT_VALUE),
            }
        }
    }
    args
}

fn string(value: Option<&Expr>) -> Option<LitStr> {
    match value? {
        Expr::Lit(ExprLit {
            lit: Lit::Str(literal),
            ..
        }) => Some(literal.clone()),
        _ => None,
    }
}

fn binding(literal: &LitStr, errors: &mut Errors) -> Option<String> {
    let name = literal.value();
    let fits = |(at, c): (usize, char)| {
        c == '_' || c.is_ascii_alphabetic() || (at > 0 && c.is_ascii_digit())
    };
    if name.is_empty() || !name.chars().enumerate().all(fits) {
        errors.at(literal, text::BINDING);
        return None;
    }
    Some(name)
}

/// The path of a crate.
pub(crate) fn krate(literal: &LitStr, errors: &mut Errors) -> Option<Path> {
    let path = literal.parse_with(Path::parse_mod_style).ok();
    if path.is_none() {
        errors.at(literal, text::CRATE);
    }
    path
}
