//! What the types in a signature mean: what is stored of them, and what a handler contributes.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericArgument, PathArguments, ReturnType, Type};

/// What a handler returns.
pub(crate) enum Returns {
    /// Nothing.
    Unit,
    /// A value of any type that isn't called `Result`.
    Value(TokenStream),
    /// A `Result`.
    Result {
        /// The whole type.
        ty: TokenStream,
        /// The type of success, if it is given.
        ok: Option<TokenStream>,
        /// The type of failure, if it is given.
        err: Option<TokenStream>,
    },
}

impl Returns {
    /// Reads it, with `object` in the place of `Self`.
    pub(crate) fn of(output: &ReturnType, object: &TokenStream) -> Self {
        let ReturnType::Type(_, ty) = output else {
            return Self::Unit;
        };
        let whole = replace_self(ty.to_token_stream(), object);
        let Some(arguments) = result_arguments(ty) else {
            return Self::Value(whole);
        };
        let mut types = type_arguments(arguments)
            .map(|argument| replace_self(argument.to_token_stream(), object));
        Self::Result {
            ty: whole,
            ok: types.next(),
            err: types.next(),
        }
    }

    /// `_` in the place of its type of failure, so that rustc reports one that doesn't fit there.
    pub(crate) fn err(&self) -> TokenStream {
        match self {
            Self::Result { err: Some(err), .. } => {
                quote_spanned!(err.span().resolved_at(Span::mixed_site())=> _)
            }
            _ => quote!(_),
        }
    }

    /// The type that the builder names, and that is stored.
    pub(crate) fn contributes(&self, private: &TokenStream) -> TokenStream {
        match self {
            Self::Unit => quote!(()),
            Self::Value(ty) | Self::Result { ok: Some(ty), .. } => ty.clone(),
            Self::Result { ty, ok: None, .. } => quote!(<#ty as #private::ResultOk>::Ok),
        }
    }
}

/// The type that is stored for a parameter, and whether the handler takes a reference to it.
pub(crate) fn owned(ty: &Type) -> (TokenStream, bool) {
    let Type::Reference(reference) = peel(ty) else {
        return (ty.to_token_stream(), false);
    };
    let owned = match peel(&reference.elem) {
        Type::Path(path) if path.qself.is_none() && path.path.is_ident("str") => {
            quote_spanned!(path.span()=> ::std::string::String)
        }
        Type::Slice(slice) => {
            let element = &slice.elem;
            quote_spanned!(slice.span()=> ::std::vec::Vec<#element>)
        }
        other => other.to_token_stream(),
    };
    (owned, true)
}

/// The generic arguments of a type whose last name is `Result`.
pub(crate) fn result_arguments(ty: &Type) -> Option<&PathArguments> {
    let Type::Path(path) = peel(ty) else {
        return None;
    };
    let last = path.path.segments.last()?;
    (last.ident == "Result").then_some(&last.arguments)
}

/// The types among them.
pub(crate) fn type_arguments(arguments: &PathArguments) -> impl Iterator<Item = &Type> {
    let arguments = match arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments
        .into_iter()
        .flatten()
        .filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
}

/// The type inside parentheses and the groups that `macro_rules!` puts around it.
pub(crate) fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peel(&group.elem),
        Type::Paren(paren) => peel(&paren.elem),
        other => other,
    }
}

/// The last name of a path.
pub(crate) fn last_name(ty: &Type) -> Option<Ident> {
    match peel(ty) {
        Type::Path(path) if path.qself.is_none() => {
            path.path.segments.last().map(|last| last.ident.clone())
        }
        _ => None,
    }
}

/// Outside the block `Self` would be another type. What takes its place stands where it stood.
pub(crate) fn replace_self(tokens: TokenStream, object: &TokenStream) -> TokenStream {
    let mut replaced = TokenStream::new();
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if ident == "Self" => {
                replaced.extend(object.clone().into_iter().map(|mut token| {
                    token.set_span(token.span().located_at(ident.span()));
                    token
                }));
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), replace_self(group.stream(), object));
                inner.set_span(group.span());
                replaced.extend([TokenTree::Group(inner)]);
            }
            other => replaced.extend([other]),
        }
    }
    replaced
}
