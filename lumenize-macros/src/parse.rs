//! The `impl` block as syntax. Bodies stay raw tokens, so that completion works in a half-typed one.

use crate::text;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Generics, ImplItem, Signature, Token, Type, Visibility, WhereClause, braced};

/// The block that the attribute stands on.
pub(crate) struct Block {
    /// Its attributes.
    pub(crate) attrs: Vec<Attribute>,
    /// What is between `impl` and the type.
    pub(crate) generics: Generics,
    /// The type.
    pub(crate) ty: Type,
    /// Its functions and methods.
    pub(crate) functions: Vec<Function>,
}

/// A function or method, without its body.
pub(crate) struct Function {
    /// Its attributes.
    pub(crate) attrs: Vec<Attribute>,
    /// Its visibility.
    pub(crate) vis: Visibility,
    /// The rest up to the body.
    pub(crate) sig: Signature,
}

/// Reads the block, or says why there is none.
pub(crate) fn block(tokens: TokenStream) -> syn::Result<Block> {
    Block::parse.parse2(tokens)
}

impl Parse for Block {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut attrs = input.call(Attribute::parse_outer)?;
        require_impl(input)?;
        input.parse::<Option<Token![unsafe]>>()?;
        input.parse::<Token![impl]>()?;
        let mut generics: Generics = input.parse()?;
        input.parse::<Option<Token![!]>>()?;
        let ty: Type = input.parse()?;
        if input.peek(Token![for]) {
            let rest: TokenStream = input.parse()?;
            drop(rest);
            return Err(syn::Error::new_spanned(ty, text::TRAIT_IMPL));
        }
        generics.where_clause = input.parse::<Option<WhereClause>>()?;
        let content;
        braced!(content in input);
        attrs.extend(content.call(Attribute::parse_inner)?);
        let mut functions = Vec::new();
        while !content.is_empty() {
            functions.extend(item(&content)?);
        }
        Ok(Self {
            attrs,
            generics,
            ty,
            functions,
        })
    }
}

/// Refuses everything but an `impl` block, at the keyword that says what it is.
fn require_impl(input: ParseStream<'_>) -> syn::Result<()> {
    let ahead = input.fork();
    ahead.parse::<Option<Token![unsafe]>>()?;
    if ahead.peek(Token![impl]) {
        return Ok(());
    }
    let ahead = input.fork();
    ahead.parse::<Visibility>()?;
    let keyword: Option<TokenTree> = ahead.parse().ok();
    input.parse::<TokenStream>()?;
    Err(syn::Error::new_spanned(keyword, text::NOT_AN_IMPL))
}

/// Reads one item of the block; only functions matter.
fn item(input: ParseStream<'_>) -> syn::Result<Option<Function>> {
    let ahead = input.fork();
    ahead.call(Attribute::parse_outer)?;
    ahead.parse::<Visibility>()?;
    if !is_function(&ahead)? {
        input.parse::<ImplItem>()?;
        return Ok(None);
    }
    let function = Function {
        attrs: input.call(Attribute::parse_outer)?,
        vis: input.parse()?,
        sig: input.parse()?,
    };
    // Without a body it is rustc that has something to say.
    if input.parse::<Option<Token![;]>>()?.is_none() {
        body(input)?;
    }
    Ok(Some(function))
}

/// Skips a body. One that a macro by example was given as `$body:block` is in a group without braces.
fn body(input: ParseStream<'_>) -> syn::Result<()> {
    let ahead = input.fork();
    match ahead.parse::<TokenTree>() {
        Ok(TokenTree::Group(group))
            if matches!(group.delimiter(), Delimiter::Brace | Delimiter::None) =>
        {
            input.parse::<TokenTree>().map(drop)
        }
        _ => Err(input.error("expected the body of a function")),
    }
}

fn is_function(ahead: ParseStream<'_>) -> syn::Result<bool> {
    ahead.parse::<Option<Token![const]>>()?;
    ahead.parse::<Option<Token![async]>>()?;
    ahead.parse::<Option<Token![unsafe]>>()?;
    if ahead.peek(Token![extern]) {
        return Ok(true);
    }
    Ok(ahead.peek(Token![fn]))
}

/// The item as it was written, without the helper attributes that rustc doesn't know.
pub(crate) fn without_helpers(item: TokenStream) -> TokenStream {
    item.into_iter()
        .map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let mut stripped = Group::new(Delimiter::Brace, strip(group.stream()));
                stripped.set_span(group.span());
                TokenTree::Group(stripped)
            }
            other => other,
        })
        .collect()
}

fn strip(tokens: TokenStream) -> TokenStream {
    let mut kept = Vec::new();
    for token in tokens {
        let after_pound =
            matches!(kept.last(), Some(TokenTree::Punct(pound)) if pound.as_char() == '#');
        match token {
            token if after_pound && is_helper(&token) => {
                kept.pop();
            }
            // Those of parameters; what has none stays as it is, with all its spans.
            TokenTree::Group(group)
                if group.delimiter() == Delimiter::Parenthesis
                    && group.stream().into_iter().any(|token| is_helper(&token)) =>
            {
                let mut stripped = Group::new(Delimiter::Parenthesis, strip(group.stream()));
                stripped.set_span(group.span());
                kept.push(TokenTree::Group(stripped));
            }
            token => kept.push(token),
        }
    }
    kept.into_iter().collect()
}

fn is_helper(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group)
        if group.delimiter() == Delimiter::Bracket && is_helper_meta(group.stream()))
}

/// Whether this, which stands in the brackets of an attribute, is a helper, or has one under a condition.
fn is_helper_meta(meta: TokenStream) -> bool {
    match first(meta.clone()) {
        Some(TokenTree::Ident(name)) if name == "handler" || name == "on_failed" => true,
        _ => has_helper(meta),
    }
}

/// Whether this, which stands in the brackets of an attribute, is a `cfg_attr` with a helper in it.
pub(crate) fn has_helper(meta: TokenStream) -> bool {
    let mut tokens = meta.into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Ident(name)), Some(TokenTree::Group(group))) if name == "cfg_attr" => {
            commas(group.stream())
                .into_iter()
                .skip(1)
                .any(is_helper_meta)
        }
        _ => false,
    }
}

/// What stands between the commas.
pub(crate) fn commas(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![TokenStream::new()];
    for token in tokens {
        match (&token, parts.last_mut()) {
            (TokenTree::Punct(comma), _) if comma.as_char() == ',' => {
                parts.push(TokenStream::new());
            }
            (_, Some(part)) => part.extend([token]),
            (_, None) => {}
        }
    }
    parts
}

/// The first token, also of what a `macro_rules` was given as a whole, which is a group without a sign.
fn first(tokens: TokenStream) -> Option<TokenTree> {
    match tokens.into_iter().next()? {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => first(group.stream()),
        token => Some(token),
    }
}
