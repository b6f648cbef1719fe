//! What can't work: every rule that can be told from the syntax. Trait bounds are left to rustc.

use crate::clashes;
use crate::errors::Errors;
use crate::model::{Handler, Model, OnFailed};
use crate::types::{last_name, peel, result_arguments, type_arguments};
use crate::{names, text};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    FnArg, GenericParam, PatType, Receiver, ReceiverKind, ReturnType, Safety, Signature, Type,
};

/// Reports every refusal, and puts stubs in the place of handlers that can't be generated.
pub(crate) fn check(model: &mut Model, errors: &mut Errors) {
    object(model, errors);
    model.constructors.retain(|new| {
        if !new.fits() {
            errors.at(&new.sig.ident, text::NEW_SHAPE);
        }
        new.fits()
    });
    on_failed(model, errors);
    for function in model.functions.iter().filter(|name| *name == "c") {
        errors.at(function, text::reserved("c"));
    }
    for was in &model.misplaced {
        errors.at(was, text::WAS_NO_HANDLER);
    }
    for attr in &model.misplaced_in_params {
        errors.at(attr, text::PARAMETER_NO_HANDLER);
    }
    clashes::former_names(model, errors);
    for mut candidate in std::mem::take(&mut model.handlers) {
        let name = candidate.name();
        if names::is_reserved(&name) {
            errors.at(&candidate.sig.ident, text::reserved(&name));
            continue;
        }
        let before = handler(&candidate, errors) & clashes::parameters(&mut candidate, errors);
        let returns = output(&candidate.sig, errors);
        match before && returns {
            true => model.handlers.push(candidate),
            false => {
                let stub = candidate.into_stub(returns, &model.private);
                model.stubs.push(stub);
            }
        }
    }
    clashes::collisions(model, errors);
}

fn object(model: &mut Model, errors: &mut Errors) {
    if last_name(&model.ty).is_none() {
        errors.at(&model.ty, text::NOT_A_NAME);
    }
    let arguments = match peel(&model.ty) {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map(|last| last.arguments.to_token_stream()),
        _ => None,
    };
    let arguments = arguments.filter(|arguments| !arguments.is_empty());
    if !model.generics.params.is_empty() {
        errors.at(&model.generics, text::GENERIC_OBJECT);
        model.expandable = false;
    } else if let Some(arguments) = arguments {
        errors.at(arguments, text::GENERIC_OBJECT);
        model.expandable = false;
    }
    if model.constructors.is_empty() {
        errors.at(&model.ty, text::NO_NEW);
    }
}

fn on_failed(model: &mut Model, errors: &mut Errors) {
    model.on_failed.retain(|told| {
        if !told.fits() {
            errors.at(&told.sig.ident, text::ON_FAILED_SHAPE);
        }
        told.fits()
    });
    let is_whole = |told: &&OnFailed| told.cfgs.is_empty();
    for twice in model.on_failed.iter().filter(is_whole).skip(1) {
        errors.at(&twice.sig.ident, text::ON_FAILED_TWICE);
    }
    if model.on_failed.iter().filter(is_whole).count() > 1 {
        model.on_failed.truncate(1);
    }
}

/// Gathers the refusals of one handler.
struct Refusals<'e> {
    errors: &'e mut Errors,
    /// The lifetimes that it declares: refused where they are declared, and not where they are used.
    declared: Vec<String>,
    none: bool,
}

impl<'e> Refusals<'e> {
    fn of(sig: &Signature, errors: &'e mut Errors) -> Self {
        let lifetimes = sig.generics.lifetimes();
        Self {
            errors,
            declared: lifetimes
                .map(|lifetime| lifetime.lifetime.ident.to_string())
                .collect(),
            none: true,
        }
    }

    fn at(&mut self, tokens: impl ToTokens, text: impl std::fmt::Display) {
        self.none = false;
        self.errors.at(tokens, text);
    }

    /// The lifetime of a reference, which may be `'_`, or one in a type.
    fn lifetime(&mut self, name: &str, tokens: impl ToTokens) {
        if !self.declared.iter().any(|declared| declared == name) {
            self.at(tokens, text::LIFETIME);
        }
    }

    fn at_some(&mut self, tokens: Option<impl ToTokens>, text: &str) {
        if let Some(tokens) = tokens {
            self.at(tokens, text);
        }
    }
}

/// Whether all but its result can be generated.
fn handler(handler: &Handler, errors: &mut Errors) -> bool {
    let sig = &handler.sig;
    let mut refusals = Refusals::of(sig, errors);
    qualifiers(sig, &mut refusals);
    generics(sig, &mut refusals);
    for arg in &sig.inputs {
        match arg {
            FnArg::Receiver(receiver) => self::receiver(receiver, &mut refusals),
            FnArg::Typed(param) => parameter(param, &mut refusals),
        }
    }
    refusals.none
}

fn qualifiers(sig: &Signature, refusals: &mut Refusals<'_>) {
    refusals.at_some(sig.asyncness, text::ASYNC);
    if let Safety::Unsafe(token) = sig.safety {
        refusals.at(token, text::UNSAFE);
    }
    refusals.at_some(sig.abi.as_ref(), text::EXTERN);
    refusals.at_some(sig.variadic.as_ref(), text::VARIADIC);
}

fn generics(sig: &Signature, refusals: &mut Refusals<'_>) {
    for param in &sig.generics.params {
        match param {
            GenericParam::Lifetime(lifetime) => refusals.at(lifetime, text::LIFETIME),
            GenericParam::Type(_) | GenericParam::Const(_) => refusals.at(param, text::GENERIC),
        }
    }
}

fn receiver(receiver: &Receiver, refusals: &mut Refusals<'_>) {
    let lifetime = match &receiver.kind {
        ReceiverKind::Reference(_, lifetime, _) => lifetime,
        ReceiverKind::Value => {
            refusals.at(receiver.self_token, text::RECEIVER);
            return;
        }
        _ => {
            refusals.at(receiver, text::RECEIVER);
            return;
        }
    };
    if let Some(lifetime) = lifetime.as_ref().filter(|lifetime| lifetime.ident != "_") {
        refusals.lifetime(&lifetime.ident.to_string(), lifetime);
    }
}

fn parameter(param: &PatType, refusals: &mut Refusals<'_>) {
    let cfg = param.attrs.iter().find(|attr| attr.path().is_ident("cfg"));
    refusals.at_some(cfg, text::PARAMETER_CFG);
    match peel(&param.ty) {
        Type::Reference(reference) if reference.mutability.is_some() => {
            refusals.at(reference, text::MUT_REFERENCE);
        }
        Type::Reference(reference) => {
            let lifetime = reference.lifetime.as_ref();
            if let Some(lifetime) = lifetime.filter(|lifetime| lifetime.ident != "_") {
                refusals.lifetime(&lifetime.ident.to_string(), lifetime);
            }
            lent(&reference.elem, refusals);
        }
        ty => payload(ty, refusals),
    }
}

/// Whether its result can be stored, as far as the syntax tells.
fn output(sig: &Signature, errors: &mut Errors) -> bool {
    let mut refusals = Refusals::of(sig, errors);
    let ReturnType::Type(_, ty) = &sig.output else {
        return true;
    };
    let ty = match result_arguments(ty) {
        Some(arguments) => type_arguments(arguments).next(),
        None => Some(&**ty),
    };
    match ty.map(peel) {
        Some(Type::Reference(reference)) => refusals.at(reference, text::RETURNS_REFERENCE),
        Some(ty) => payload(ty, &mut refusals),
        None => {}
    }
    refusals.none
}

/// What a parameter refers to: `str` and slices are stored as what owns them.
fn lent(ty: &Type, refusals: &mut Refusals<'_>) {
    match peel(ty) {
        Type::Slice(slice) => inner(slice.elem.to_token_stream(), refusals),
        ty if is_str(ty) => {}
        ty => payload(ty, refusals),
    }
}

fn is_str(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident("str"))
}

/// What is stored by value.
fn payload(ty: &Type, refusals: &mut Refusals<'_>) {
    match peel(ty) {
        // rustc itself refuses what has no size.
        Type::Slice(_) => refusals.none = false,
        ty if is_str(ty) => refusals.none = false,
        Type::ImplTrait(it) => refusals.at(it, text::IMPL_TRAIT),
        Type::TraitObject(it) => refusals.at(it, text::TRAIT_OBJECT),
        Type::Path(path)
            if ["usize", "isize"]
                .iter()
                .any(|size| ends_with(&path.path, size)) =>
        {
            refusals.at(path, text::POINTER_SIZED);
        }
        ty => inner(ty.to_token_stream(), refusals),
    }
}

fn ends_with(path: &syn::Path, primitive: &str) -> bool {
    let mut names = path.segments.iter().rev().map(|segment| &segment.ident);
    names.next().is_some_and(|last| last == primitive)
        && names.next().is_none_or(|module| module == "primitive")
}

/// References, lifetimes and nameless types inside a type: one report for each reference, not one for its lifetime too.
fn inner(tokens: TokenStream, refusals: &mut Refusals<'_>) {
    let mut reference = false;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == '&' => {
                if !reference {
                    refusals.at(&token, text::INNER_REFERENCE);
                }
                reference = true;
                continue;
            }
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                let name = tokens.next();
                if !reference {
                    let text = name.as_ref().map(TokenTree::to_string).unwrap_or_default();
                    let lifetime = [Some(token), name].into_iter().flatten();
                    refusals.lifetime(&text, lifetime.collect::<TokenStream>());
                }
            }
            TokenTree::Ident(ident) if ident == "dyn" => refusals.at(ident, text::TRAIT_OBJECT),
            TokenTree::Ident(ident) if ident == "impl" => refusals.at(ident, text::IMPL_TRAIT),
            // rustc itself refuses what is to be inferred.
            TokenTree::Ident(ident) if ident == "_" => refusals.none = false,
            // The braces of a constant hold no type.
            TokenTree::Group(group) if group.delimiter() != Delimiter::Brace => {
                inner(group.stream(), refusals);
            }
            _ => {}
        }
        reference = false;
    }
}
