//! `cron!("…")`: an expression that is checked where it is written.

use crate::errors::Errors;
use crate::{args, names, text};
use lumenize_cron::{Cron, CronError};
use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{LitStr, Path, Token};

/// What the macro was given.
struct Input {
    expression: LitStr,
    zone: Option<LitStr>,
    krate: Option<LitStr>,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(LitStr) {
            return Err(refused(input, text::CRON_LITERAL));
        }
        let expression = input.parse()?;
        let mut zone = None;
        let mut krate = None;
        if more(input)? && input.peek(LitStr) {
            zone = Some(input.parse()?);
            more(input)?;
        }
        if input.peek(Token![crate]) && input.peek2(Token![=]) && input.peek3(LitStr) {
            input.parse::<Token![crate]>()?;
            input.parse::<Token![=]>()?;
            krate = Some(input.parse()?);
            more(input)?;
        }
        if !input.is_empty() {
            return Err(refused(input, text::CRON_ARGUMENT));
        }
        Ok(Self {
            expression,
            zone,
            krate,
        })
    }
}

/// Whether another argument follows: the last comma may stand at the end.
fn more(input: ParseStream<'_>) -> syn::Result<bool> {
    if input.is_empty() {
        return Ok(false);
    }
    if input.parse::<Option<Token![,]>>()?.is_none() {
        return Err(refused(input, text::CRON_ARGUMENT));
    }
    Ok(!input.is_empty())
}

/// Refuses what comes next. Unlike `input.error`, it adds nothing to the text at the end.
fn refused(input: ParseStream<'_>, text: &str) -> syn::Error {
    syn::Error::new(input.span(), text)
}

/// Checks the expression, and writes the call that makes it.
///
/// ```text
/// ::lumenize::__private::Cron::literal("0 9 * * *")
/// ::lumenize::__private::Cron::literal_in_zone("0 9 * * *", "Europe/Berlin")
/// ```
pub(crate) fn expand(tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    match syn::parse2(tokens) {
        Ok(input) => {
            let call = call(&input, &mut errors);
            let errors = errors.into_tokens();
            if errors.is_empty() { call } else { errors }
        }
        Err(error) => error.into_compile_error(),
    }
}

fn call(input: &Input, errors: &mut Errors) -> TokenStream {
    let Input {
        expression, zone, ..
    } = input;
    check(expression, zone.as_ref(), errors);
    let krate: Option<Path> = input
        .krate
        .as_ref()
        .and_then(|path| args::krate(path, errors));
    let private = names::private(&names::lumenize(krate));
    match zone {
        Some(zone) => quote!(#private::Cron::literal_in_zone(#expression, #zone)),
        None => quote!(#private::Cron::literal(#expression)),
    }
}

/// Reports what is wrong at the literal that it is in.
fn check(expression: &LitStr, zone: Option<&LitStr>, errors: &mut Errors) {
    let (written, name) = (expression.value(), zone.map(LitStr::value));
    let Err(error) = Cron::with_zone_name(&written, name.as_deref()) else {
        return;
    };
    let at = match (&error, zone) {
        (CronError::UnknownZone { .. } | CronError::NoZones { .. }, Some(zone)) => zone,
        _ => expression,
    };
    errors.at(at, text::cron(&written, &error));
}
