//! The attribute's arguments, and those of `#[handler(…)]`.

use crate::errors::Errors;
use crate::{names, parse, text};
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use std::collections::HashSet;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta, Path, Token};

/// What the attribute was given.
#[derive(Default)]
pub(crate) struct Args {
    /// `binding = "…"`
    pub(crate) binding: Option<String>,
    /// `crate = "…"`
    pub(crate) krate: Option<Path>,
}

/// What the `#[handler(…)]`s of one method say.
#[derive(Default)]
pub(crate) struct Helpers {
    /// `skip`: the method is no handler.
    pub(crate) skip: bool,
    /// `was = "…"`: what the handler was called before.
    pub(crate) was: Vec<Was>,
}

/// What the `#[handler(…)]`s of one parameter say.
#[derive(Default)]
pub(crate) struct ParamHelpers {
    /// `default`: what was not stored is the type's default.
    pub(crate) default: bool,
    /// `was = "…"`: what the parameter was called before.
    pub(crate) was: Vec<Was>,
}

/// A name that a handler or a parameter had.
pub(crate) struct Was {
    /// The name, as it is stored.
    pub(crate) name: String,
    /// Where it was written.
    pub(crate) span: Span,
}

impl ToTokens for Was {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        LitStr::new(&self.name, self.span).to_tokens(tokens);
    }
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

fn arguments(tokens: TokenStream) -> syn::Result<Punctuated<Arg, Token![,]>> {
    Punctuated::parse_terminated.parse2(tokens)
}

/// Reads the arguments; what is wrong with them is reported, and else ignored.
pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Args {
    let mut args = Args::default();
    let parsed = match arguments(tokens) {
        Ok(parsed) => parsed,
        Err(error) => {
            errors.add(syn::Error::new(error.span(), text::NOT_ARGUMENTS));
            return args;
        }
    };
    let (mut binding_given, mut krate_given) = (false, false);
    for Arg { name, value } in parsed {
        let given = if name == "binding" {
            &mut binding_given
        } else if name == "crate" {
            &mut krate_given
        } else {
            let name_text = name.unraw().to_string();
            let meant = names::closest(&name_text, &["binding", "crate"]);
            errors.at(&name, text::unknown_argument(&name_text, meant));
            continue;
        };
        if std::mem::replace(given, true) {
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

/// Reads the `#[handler(…)]`s among the attributes of one method.
pub(crate) fn helpers(attrs: &[Attribute], errors: &mut Errors) -> Helpers {
    let mut helpers = Helpers::default();
    for attr in of_macro(attrs) {
        if is_conditional(attr) {
            // What it was called before makes no difference to whether it is a handler.
            let mut named = HashSet::new();
            names::collect(attr.meta.to_token_stream(), &mut named);
            helpers.skip |= !named.contains("was");
            errors.at(attr, text::HELPER_CONDITION);
            continue;
        }
        let parsed = given(attr);
        if parsed.is_empty() {
            // A method that is meant to be none is not told so a second time.
            helpers.skip = true;
            errors.at(attr, text::unknown_helper("says nothing by itself", None));
        }
        for Arg { name, value } in parsed {
            if name == "was" {
                helpers
                    .was
                    .extend(was(&name, value, text::WAS_NAME, errors));
                continue;
            }
            let known = name == "skip" && value.is_none();
            if known && helpers.skip {
                errors.at(&name, text::HELPER_TWICE);
            } else if !known {
                let (found, meant) = unknown(&name, value.as_ref(), &["skip", "was"]);
                errors.at(&name, text::unknown_helper(&found, meant));
                if meant == Some("was") {
                    continue;
                }
            }
            helpers.skip = true;
        }
    }
    helpers
}

/// Reads the `#[handler(…)]`s among the attributes of one parameter.
pub(crate) fn param_helpers(attrs: &[Attribute], errors: &mut Errors) -> ParamHelpers {
    let mut helpers = ParamHelpers::default();
    for attr in of_macro(attrs) {
        if is_conditional(attr) {
            errors.at(attr, text::HELPER_CONDITION);
            continue;
        }
        let parsed = given(attr);
        if parsed.is_empty() {
            errors.at(
                attr,
                text::unknown_param_helper("says nothing by itself", None),
            );
        }
        for Arg { name, value } in parsed {
            if name == "was" {
                let was = was(&name, value, text::PARAMETER_WAS_NAME, errors);
                helpers.was.extend(was.map(|was| Was {
                    name: names::stored(&was.name).to_owned(),
                    ..was
                }));
            } else if name == "default" && value.is_none() {
                if std::mem::replace(&mut helpers.default, true) {
                    errors.at(&name, text::DEFAULT_TWICE);
                }
            } else {
                let (found, meant) = unknown(&name, value.as_ref(), &["default", "was"]);
                errors.at(&name, text::unknown_param_helper(&found, meant));
            }
        }
    }
    helpers
}

/// Those that belong to the macro; also those that would if a condition were true.
pub(crate) fn of_macro(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident("handler") || is_conditional(attr))
}

/// Whether something that belongs to the macro stands in it, under a condition.
fn is_conditional(attr: &Attribute) -> bool {
    parse::has_helper(attr.meta.to_token_stream())
}

/// What a `#[handler(…)]` says; nothing if that can't be read.
fn given(attr: &Attribute) -> Punctuated<Arg, Token![,]> {
    match &attr.meta {
        Meta::List(list) => arguments(list.tokens.clone()).unwrap_or_default(),
        Meta::Path(_) | Meta::NameValue(_) => Punctuated::new(),
    }
}

/// What is said of an argument that is not known, and which of those that are may be meant.
fn unknown(
    name: &Ident,
    value: Option<&Expr>,
    known: &[&'static str],
) -> (String, Option<&'static str>) {
    let name = name.unraw().to_string();
    let found = match value {
        Some(_) => format!("has no argument `{name} = …`"),
        None => format!("has no argument `{name}`"),
    };
    (found, names::closest(&name, known))
}

/// The name in `was = "…"`, or a report in the words of `text`.
fn was(name: &Ident, value: Option<Expr>, text: &str, errors: &mut Errors) -> Option<Was> {
    let was = string(value.as_ref()).and_then(name_in);
    match (&was, value) {
        (Some(_), _) => {}
        (None, Some(value)) => errors.at(value, text),
        (None, None) => errors.at(name, text),
    }
    was
}

fn string(value: Option<&Expr>) -> Option<LitStr> {
    match value? {
        Expr::Lit(ExprLit {
            lit: Lit::Str(literal),
            ..
        }) => Some(literal.clone()),
        // What a macro by example was given as `$name:literal`.
        Expr::Group(group) => string(Some(&group.expr)),
        _ => None,
    }
}

/// The name in a literal.
fn name_in(literal: LitStr) -> Option<Was> {
    let name = literal.value();
    // Keywords are names, too: those of raw identifiers.
    let ident = Ident::parse_any.parse_str(&name).ok()?;
    let is_name = ident == name && name != "_" && ident.unraw() == ident;
    is_name.then(|| Was {
        name,
        span: literal.span(),
    })
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
