//! What the block means: the object, its constructor and its handlers.

use crate::args::Args;
use crate::errors::{Errors, text};
use crate::names;
use crate::parse::{Block, Function};
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use std::collections::HashSet;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    Attribute, FnArg, GenericArgument, Generics, Meta, Pat, PatType, PathArguments, ReceiverKind,
    ReturnType, Signature, Type, Visibility,
};

/// One object.
pub(crate) struct Model {
    /// Whether there is enough to generate anything.
    pub(crate) expandable: bool,
    /// The path of `lumenize::__private`.
    pub(crate) private: TokenStream,
    /// The name of the binding.
    pub(crate) binding: String,
    /// The `#[cfg]`s of the block.
    pub(crate) cfgs: Vec<Attribute>,
    /// The generics of the block, which has none.
    pub(crate) generics: Generics,
    /// The type as it was written.
    pub(crate) ty: Type,
    /// Its last name.
    pub(crate) name: Ident,
    /// The builder's type parameters.
    pub(crate) parameters: (Ident, Ident),
    /// Functions called `new`; more than one only under `#[cfg]`.
    pub(crate) constructors: Vec<Constructor>,
    /// All other functions without a receiver.
    pub(crate) functions: Vec<Ident>,
    /// What `#[on_failed]` stands above; more than one only under `#[cfg]`.
    pub(crate) on_failed: Vec<OnFailed>,
    /// The handlers.
    pub(crate) handlers: Vec<Handler>,
}

/// The method under `#[on_failed]`.
pub(crate) struct OnFailed {
    /// Its `#[cfg]`s.
    pub(crate) cfgs: Vec<Attribute>,
    /// Its signature.
    pub(crate) sig: Signature,
    /// What it returns.
    pub(crate) returns: Returns,
}

/// A function called `new`.
pub(crate) struct Constructor {
    /// Its `#[cfg]`s.
    pub(crate) cfgs: Vec<Attribute>,
    /// Its signature.
    pub(crate) sig: Signature,
    /// Whether it returns a `Result`.
    pub(crate) fallible: bool,
}

/// A method with a receiver.
pub(crate) struct Handler {
    /// Its documentation.
    pub(crate) docs: Vec<TokenStream>,
    /// Its `#[cfg]`s.
    pub(crate) cfgs: Vec<Attribute>,
    /// Its `#[deprecated]`.
    pub(crate) deprecated: Vec<Attribute>,
    /// Its visibility, that of the builder's method too.
    pub(crate) vis: Visibility,
    /// Its signature.
    pub(crate) sig: Signature,
    /// Its variant of the enum.
    pub(crate) variant: Ident,
    /// Its parameters behind the receiver.
    pub(crate) params: Vec<Param>,
    /// What it returns.
    pub(crate) returns: Returns,
}

/// A parameter.
pub(crate) struct Param {
    /// Its name.
    pub(crate) name: Ident,
    /// The type that is stored.
    pub(crate) owned: TokenStream,
    /// Whether the handler takes a reference to it.
    pub(crate) borrowed: bool,
}

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
    },
}

impl OnFailed {
    /// Whether it is a method that can be told of failed work.
    pub(crate) fn fits(&self) -> bool {
        let sig = &self.sig;
        let receiver = match sig.receiver().map(|receiver| &receiver.kind) {
            Some(ReceiverKind::Reference(_, None, mutability)) => mutability.is_some(),
            _ => false,
        };
        receiver
            && sig.inputs.len() == 2
            && sig.asyncness.is_none()
            && sig.generics.params.is_empty()
            && matches!(sig.safety, syn::Safety::Default)
            && !matches!(self.returns, Returns::Value(_))
    }
}

impl Handler {
    /// Its name in the source, and in stored work.
    pub(crate) fn name(&self) -> String {
        self.sig.ident.unraw().to_string()
    }

    /// Whether anyone may call it.
    pub(crate) fn public(&self) -> bool {
        matches!(self.vis, Visibility::Public(_))
    }

    /// Whether it only reads.
    pub(crate) fn reads(&self) -> bool {
        let Some(receiver) = self.sig.receiver() else {
            return false;
        };
        match &receiver.kind {
            ReceiverKind::Reference(_, _, mutability) => mutability.is_none(),
            ReceiverKind::Typed(_, ty) => match peel(ty) {
                Type::Reference(reference) => reference.mutability.is_none(),
                _ => false,
            },
            _ => false,
        }
    }
}

impl Returns {
    /// The type that the builder names, and that is stored.
    pub(crate) fn contributes(&self, private: &TokenStream) -> TokenStream {
        match self {
            Self::Unit => quote!(()),
            Self::Value(ty) | Self::Result { ok: Some(ty), .. } => ty.clone(),
            Self::Result { ty, ok: None } => quote!(<#ty as #private::ResultOk>::Ok),
        }
    }
}

/// Makes a model of the block.
pub(crate) fn build(args: Args, block: Block, errors: &mut Errors) -> Model {
    let name = last_name(&block.ty);
    let mut taken = HashSet::new();
    names::collect(block.ty.to_token_stream(), &mut taken);
    let mut model = Model {
        expandable: name.is_some(),
        private: names::private(args.krate),
        binding: String::new(),
        cfgs: cfgs(&block.attrs),
        generics: block.generics,
        name: name.unwrap_or_else(|| Ident::new("Object", Span::call_site())),
        parameters: names::type_parameters(&taken),
        ty: block.ty,
        constructors: Vec::new(),
        functions: Vec::new(),
        on_failed: Vec::new(),
        handlers: Vec::new(),
    };
    model.binding = args.binding.unwrap_or_else(|| names::binding(&model.name));
    for function in block.functions {
        names::collect(function.sig.to_token_stream(), &mut taken);
        let skipped = is_skipped(&function.attrs, errors);
        let told = on_failed_attribute(&function.attrs, errors);
        if function.sig.ident == "new" {
            model.constructors.push(constructor(function));
        } else if told {
            model.on_failed.push(OnFailed {
                cfgs: cfgs(&function.attrs),
                returns: returns(&function.sig.output, &model.ty.to_token_stream()),
                sig: function.sig,
            });
        } else if function.sig.receiver().is_none() || skipped {
            model.functions.push(function.sig.ident);
        } else {
            let handler = handler(function, &model.ty);
            model.handlers.push(handler);
        }
    }
    model.parameters = names::type_parameters(&taken);
    model
}

fn constructor(function: Function) -> Constructor {
    let fallible = matches!(
        returns(&function.sig.output, &TokenStream::new()),
        Returns::Result { .. }
    );
    Constructor {
        cfgs: cfgs(&function.attrs),
        sig: function.sig,
        fallible,
    }
}

fn handler(function: Function, object: &Type) -> Handler {
    let Function { attrs, vis, sig } = function;
    let object = object.to_token_stream();
    Handler {
        docs: docs(&attrs, &object),
        cfgs: cfgs(&attrs),
        deprecated: named(&attrs, "deprecated"),
        vis,
        variant: names::variant(&sig.ident),
        params: params(&sig, &object),
        returns: returns(&sig.output, &object),
        sig,
    }
}

fn params(sig: &Signature, object: &TokenStream) -> Vec<Param> {
    let typed = |arg: &FnArg| match arg {
        FnArg::Typed(param) => Some(param.clone()),
        FnArg::Receiver(_) => None,
    };
    let typed: Vec<PatType> = sig.inputs.iter().filter_map(typed).collect();
    let name = |param: &PatType| match &*param.pat {
        Pat::Ident(pat) => Some(pat.ident.clone()),
        _ => None,
    };
    let mut taken: HashSet<String> = typed
        .iter()
        .filter_map(name)
        .map(|name| name.to_string())
        .collect();
    let mut params = Vec::new();
    for (position, param) in typed.iter().enumerate() {
        let name = name(param).unwrap_or_else(|| names::argument(position, &taken));
        taken.insert(name.to_string());
        let (owned, borrowed) = owned(&param.ty);
        params.push(Param {
            name,
            owned: replace_self(owned, object),
            borrowed,
        });
    }
    params
}

/// The type that is stored for a parameter, and whether the handler takes a reference to it.
fn owned(ty: &Type) -> (TokenStream, bool) {
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

fn returns(output: &ReturnType, object: &TokenStream) -> Returns {
    let ReturnType::Type(_, ty) = output else {
        return Returns::Unit;
    };
    let whole = replace_self(ty.to_token_stream(), object);
    match result_arguments(ty) {
        None => Returns::Value(whole),
        Some(arguments) => Returns::Result {
            ty: whole,
            ok: first_type(arguments).map(|ok| replace_self(ok.to_token_stream(), object)),
        },
    }
}

/// The generic arguments of a type whose last name is `Result`.
pub(crate) fn result_arguments(ty: &Type) -> Option<&PathArguments> {
    let Type::Path(path) = peel(ty) else {
        return None;
    };
    let last = path.path.segments.last()?;
    (last.ident == "Result").then_some(&last.arguments)
}

/// The type of success among them.
pub(crate) fn first_type(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
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

fn last_name(ty: &Type) -> Option<Ident> {
    match peel(ty) {
        Type::Path(path) if path.qself.is_none() => {
            path.path.segments.last().map(|last| last.ident.clone())
        }
        _ => None,
    }
}

/// Outside the block `Self` would be another type.
fn replace_self(tokens: TokenStream, object: &TokenStream) -> TokenStream {
    let mut replaced = TokenStream::new();
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if ident == "Self" => replaced.extend(object.clone()),
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

fn named(attrs: &[Attribute], name: &str) -> Vec<Attribute> {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident(name))
        .cloned()
        .collect()
}

fn cfgs(attrs: &[Attribute]) -> Vec<Attribute> {
    named(attrs, "cfg")
}

/// The documentation, its links to `Self` pointing to the object.
fn docs(attrs: &[Attribute], object: &TokenStream) -> Vec<TokenStream> {
    let object = object.to_string().replace(' ', "");
    let text = |attr: &Attribute| match &attr.meta {
        Meta::NameValue(doc) => match &doc.value {
            syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) => {
                let text = text.value().replace("Self::", &format!("{object}::"));
                quote!(#[doc = #text])
            }
            _ => attr.to_token_stream(),
        },
        _ => attr.to_token_stream(),
    };
    named(attrs, "doc").iter().map(text).collect()
}

fn on_failed_attribute(attrs: &[Attribute], errors: &mut Errors) -> bool {
    let told = named(attrs, "on_failed");
    for attr in told
        .iter()
        .filter(|attr| attr.meta.require_path_only().is_err())
    {
        errors.at(attr, text::ON_FAILED_SHAPE);
    }
    !told.is_empty()
}

fn is_skipped(attrs: &[Attribute], errors: &mut Errors) -> bool {
    let helpers = named(attrs, "handler");
    for helper in &helpers {
        match helper.parse_args::<Ident>() {
            Ok(argument) if argument == "skip" => {}
            Ok(argument) => errors.at(argument, text::HELPER),
            Err(_) => errors.at(helper, text::HELPER),
        }
    }
    !helpers.is_empty()
}
