//! The attributes of a method that what is generated for it bears, too.

use crate::parse::commas;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// Those of one function.
#[derive(Default)]
pub(crate) struct Copied {
    /// Its documentation, links to `Self` pointing to the object.
    pub(crate) docs: Vec<TokenStream>,
    /// Its `#[cfg]`s.
    pub(crate) cfgs: Vec<TokenStream>,
    /// Its `#[deprecated]`.
    pub(crate) deprecated: Vec<TokenStream>,
    /// Its `#[allow]`s, and its `#[expect]`s as such: what is expected need not happen twice.
    pub(crate) allows: Vec<TokenStream>,
}

/// Finds them, in `#[cfg_attr(…)]`s too.
pub(crate) fn copied(attrs: &[Attribute], object: &TokenStream) -> Copied {
    let mut copied = Copied::default();
    for attr in attrs {
        if attr.path().is_ident("doc") {
            copied.docs.push(doc(attr, object));
        } else if let (true, Meta::List(list)) = (attr.path().is_ident("cfg_attr"), &attr.meta) {
            let mut parts = commas(list.tokens.clone()).into_iter();
            let condition = parts.next().unwrap_or_default();
            for part in parts {
                copied.add(part, |part| quote!(#[cfg_attr(#condition, #part)]));
            }
        } else {
            let meta = attr.meta.to_token_stream();
            copied.add(meta, |meta| quote!(#[#meta]));
        }
    }
    copied
}

impl Copied {
    /// Adds an attribute, if it is one of those. `written` puts what is between the brackets back.
    fn add(&mut self, meta: TokenStream, written: impl FnOnce(TokenStream) -> TokenStream) {
        let mut tokens = meta.into_iter();
        let Some(TokenTree::Ident(name)) = tokens.next() else {
            return;
        };
        let (list, name) = match name.to_string().as_str() {
            "doc" => (&mut self.docs, name),
            "cfg" => (&mut self.cfgs, name),
            "deprecated" => (&mut self.deprecated, name),
            "allow" => (&mut self.allows, name),
            "expect" => (&mut self.allows, Ident::new("allow", name.span())),
            _ => return,
        };
        let rest: TokenStream = tokens.collect();
        list.push(written(quote!(#name #rest)));
    }
}

/// A line of documentation, its links to `Self` pointing to the object.
fn doc(attr: &Attribute, object: &TokenStream) -> TokenStream {
    let object = object.to_string().replace(' ', "");
    match &attr.meta {
        Meta::NameValue(doc) => match &doc.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => {
                let text = text.value().replace("Self::", &format!("{object}::"));
                quote!(#[doc = #text])
            }
            _ => attr.to_token_stream(),
        },
        _ => attr.to_token_stream(),
    }
}
