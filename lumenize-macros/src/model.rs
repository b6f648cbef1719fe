//! What the block means: the object, its constructor and its handlers.

use crate::args::{self, Args, Was};
use crate::attrs::{self, Copied};
use crate::errors::Errors;
use crate::parse::{Block, Function};
use crate::types::{Returns, last_name, owned, peel, replace_self};
use crate::{names, text};
use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use std::collections::HashSet;
use syn::ext::IdentExt;
use syn::{
    Attribute, FnArg, Generics, Pat, PatType, ReceiverKind, ReturnType, Safety, Signature, Type,
    Visibility,
};

/// One object.
pub(crate) struct Model {
    /// Whether there is enough to generate anything.
    pub(crate) expandable: bool,
    /// The path of `lumenize`, for what users see.
    pub(crate) lumenize: TokenStream,
    /// The path of `lumenize::__private`, for what they don't.
    pub(crate) private: TokenStream,
    /// The name of the binding.
    pub(crate) binding: String,
    /// The `#[cfg]`s of the block.
    pub(crate) cfgs: Vec<TokenStream>,
    /// The generics of the block, which has none.
    pub(crate) generics: Generics,
    /// The type as it was written.
    pub(crate) ty: Type,
    /// Its last name.
    pub(crate) name: Ident,
    /// The builder's type parameters.
    pub(crate) parameters: (Ident, Ident),
    /// The enum of decoded steps.
    pub(crate) handler_enum: Ident,
    /// Functions called `new`; more than one only under `#[cfg]`.
    pub(crate) constructors: Vec<Constructor>,
    /// The names of all other functions, which are left alone.
    pub(crate) functions: Vec<Ident>,
    /// Whether one of the block is called `c`, which is refused.
    pub(crate) has_own_c: bool,
    /// What `#[on_failed]` stands above; more than one only under `#[cfg]`.
    pub(crate) on_failed: Vec<OnFailed>,
    /// The handlers.
    pub(crate) handlers: Vec<Handler>,
    /// Former names of what is no handler, which are refused.
    pub(crate) misplaced: Vec<Was>,
    /// `#[handler(…)]`s of what is no parameter of a handler, which are refused.
    pub(crate) misplaced_in_params: Vec<Attribute>,
    /// What was refused, but is called all the same.
    pub(crate) stubs: Vec<Stub>,
}

/// The method under `#[on_failed]`.
pub(crate) struct OnFailed {
    /// Its `#[cfg]`s.
    pub(crate) cfgs: Vec<TokenStream>,
    /// Its signature.
    pub(crate) sig: Signature,
    /// What it returns.
    pub(crate) returns: Returns,
}

/// A function called `new`.
pub(crate) struct Constructor {
    /// Its `#[cfg]`s.
    pub(crate) cfgs: Vec<TokenStream>,
    /// Its signature.
    pub(crate) sig: Signature,
    /// What it returns.
    pub(crate) returns: Returns,
}

/// A method with a receiver.
pub(crate) struct Handler {
    /// Its attributes.
    pub(crate) copied: Copied,
    /// Its visibility, that of the builder's method too.
    pub(crate) vis: Visibility,
    /// Its signature.
    pub(crate) sig: Signature,
    /// The names that it had, under which work may be stored.
    pub(crate) was: Vec<Was>,
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
    /// The name under which it is stored.
    pub(crate) stored: String,
    /// The names that it had, under which it may be stored.
    pub(crate) was: Vec<Was>,
    /// Whether the type's default takes its place if it was not stored.
    pub(crate) default: bool,
    /// The type that is stored.
    pub(crate) owned: TokenStream,
    /// Whether the handler takes a reference to it.
    pub(crate) borrowed: bool,
}

/// A method that was refused. The builder has it, so that its calls are not refused for the same
/// mistake.
pub(crate) struct Stub {
    /// Its `#[cfg]`s.
    pub(crate) cfgs: Vec<TokenStream>,
    /// Its visibility.
    pub(crate) vis: Visibility,
    /// Its name.
    pub(crate) name: Ident,
    /// The names of its parameters, which take anything.
    pub(crate) params: Vec<Ident>,
    /// What it contributes, as far as that can be told.
    pub(crate) contributes: TokenStream,
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
            && matches!(sig.safety, Safety::Default)
            && !matches!(self.returns, Returns::Value(_))
    }
}

impl Constructor {
    /// Whether it can build the object, as far as the syntax tells.
    pub(crate) fn fits(&self) -> bool {
        let sig = &self.sig;
        sig.receiver().is_none()
            && sig.inputs.len() == 1
            && sig.asyncness.is_none()
            && matches!(sig.safety, Safety::Default)
            && sig.abi.is_none()
            && sig.generics.params.is_empty()
            && matches!(sig.output, ReturnType::Type(..))
    }
}

impl Handler {
    /// Its name in the source, and in stored work.
    pub(crate) fn name(&self) -> String {
        self.sig.ident.unraw().to_string()
    }

    /// The names under which its arguments are stored, with commas between.
    pub(crate) fn stored_names(&self) -> String {
        let names: Vec<&str> = self.params.iter().map(|param| &*param.stored).collect();
        names.join(",")
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
        matches!(&receiver.kind, ReceiverKind::Reference(_, _, None))
    }

    /// What is left of it when it is refused; `returns` is whether its result is not what was refused.
    pub(crate) fn into_stub(self, returns: bool, private: &TokenStream) -> Stub {
        let returns = match returns && self.sig.generics.params.is_empty() {
            true => self.returns,
            false => Returns::Unit,
        };
        Stub {
            contributes: returns.contributes(private),
            cfgs: self.copied.cfgs,
            vis: self.vis,
            name: self.sig.ident,
            params: self.params.into_iter().map(|param| param.name).collect(),
        }
    }
}

/// Makes a model of the block.
pub(crate) fn build(args: Args, block: Block, errors: &mut Errors) -> Model {
    let name = last_name(&block.ty);
    let object = block.ty.to_token_stream();
    let mut taken = HashSet::new();
    names::collect(object.clone(), &mut taken);
    let lumenize = names::lumenize(args.krate);
    let stacked = block.attrs.iter().find(|attr| {
        let last = attr.path().segments.last();
        last.is_some_and(|last| last.ident == "durable_object")
    });
    if let Some(stacked) = stacked {
        errors.at(stacked, text::STACKED);
    }
    // The other one writes everything.
    let expandable = name.is_some() && stacked.is_none();
    let name = name.unwrap_or_else(|| Ident::new("Object", Span::call_site()));
    let mut model = Model {
        expandable,
        private: names::private(&lumenize),
        lumenize,
        binding: String::new(),
        cfgs: attrs::copied(&block.attrs, &object).cfgs,
        generics: block.generics,
        parameters: names::type_parameters(&taken),
        handler_enum: names::handler_enum(&name, &taken),
        name,
        ty: block.ty,
        constructors: Vec::new(),
        functions: Vec::new(),
        has_own_c: false,
        on_failed: Vec::new(),
        handlers: Vec::new(),
        misplaced: Vec::new(),
        misplaced_in_params: Vec::new(),
        stubs: Vec::new(),
    };
    model.binding = args.binding.unwrap_or_else(|| names::binding(&model.name));
    for function in block.functions {
        model.has_own_c |= function.sig.ident == "c";
        names::collect(function.sig.to_token_stream(), &mut taken);
        let mut helpers = args::helpers(&function.attrs, errors);
        let told = on_failed_attribute(&function.attrs, errors);
        let Function {
            attrs,
            vis,
            mut sig,
        } = function;
        shorten_receiver(&mut sig, &model.name);
        let copied = attrs::copied(&attrs, &object);
        let is_handler = sig.ident != "new" && !told && sig.receiver().is_some() && !helpers.skip;
        if !is_handler {
            model.misplaced.append(&mut helpers.was);
        }
        let misplaced = misplaced_in_params(&sig, is_handler);
        model.misplaced_in_params.extend(misplaced);
        if sig.ident == "new" {
            model.constructors.push(Constructor {
                cfgs: copied.cfgs,
                returns: Returns::of(&sig.output, &object),
                sig,
            });
        } else if told {
            model.on_failed.push(OnFailed {
                cfgs: copied.cfgs,
                returns: Returns::of(&sig.output, &object),
                sig,
            });
        } else if !is_handler {
            model.functions.push(sig.ident);
        } else {
            model.handlers.push(Handler {
                copied,
                vis,
                was: helpers.was,
                variant: names::variant(&sig.ident),
                params: params(&sig, &object, errors),
                returns: Returns::of(&sig.output, &object),
                sig,
            });
        }
    }
    model.parameters = names::type_parameters(&taken);
    model.handler_enum = names::handler_enum(&model.name, &taken);
    model
}

/// Writes a receiver that borrows the object by its type, as `self: &mut Desk`, in short: `&mut self`.
fn shorten_receiver(sig: &mut Signature, object: &Ident) {
    let Some(FnArg::Receiver(receiver)) = sig.inputs.first_mut() else {
        return;
    };
    if let ReceiverKind::Typed(_, ty) = &receiver.kind
        && let Type::Reference(reference) = peel(ty)
        && last_name(&reference.elem).is_some_and(|name| name == "Self" || name == *object)
    {
        let (lifetime, mutability) = (reference.lifetime.clone(), reference.mutability);
        receiver.kind = ReceiverKind::Reference(reference.and_token, lifetime, mutability);
    }
}

/// What stands on parameters that have no names to be stored under.
fn misplaced_in_params(sig: &Signature, is_handler: bool) -> Vec<Attribute> {
    let attrs = sig.inputs.iter().flat_map(|arg| match arg {
        FnArg::Receiver(receiver) => receiver.attrs.as_slice(),
        FnArg::Typed(_) if is_handler => &[],
        FnArg::Typed(param) => &param.attrs,
    });
    let attrs: Vec<Attribute> = attrs.cloned().collect();
    args::of_macro(&attrs).cloned().collect()
}

fn params(sig: &Signature, object: &TokenStream, errors: &mut Errors) -> Vec<Param> {
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
    let mut params: Vec<Param> = Vec::new();
    for (position, param) in typed.iter().enumerate() {
        // Two of one name are refused by rustc, once.
        let is_new = |name: &Ident| !params.iter().any(|param| param.name == *name);
        let name = name(param)
            .filter(is_new)
            .unwrap_or_else(|| names::argument(position, &taken));
        taken.insert(name.to_string());
        let (owned, borrowed) = owned(&param.ty);
        let helpers = args::param_helpers(&param.attrs, errors);
        params.push(Param {
            stored: names::stored(&name.unraw().to_string()).to_owned(),
            was: helpers.was,
            default: helpers.default,
            name,
            owned: replace_self(owned, object),
            borrowed,
        });
    }
    params
}

fn on_failed_attribute(attrs: &[Attribute], errors: &mut Errors) -> bool {
    let mut found = false;
    for attr in attrs
        .iter()
        .filter(|attr| attr.path().is_ident("on_failed"))
    {
        found = true;
        if attr.meta.require_path_only().is_err() {
            errors.at(attr, text::ON_FAILED_SHAPE);
        }
    }
    found
}
