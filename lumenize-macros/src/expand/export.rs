//! The class that workerd finds in the wasm module's exports.

use super::Ctx;
use crate::names;
use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;

/// ```text
/// #[cfg(target_family = "wasm")]
/// const _: () = {
///     use wasm_bindgen;
///     #[wasm_bindgen(js_name = "TaskScheduler")]
///     pub struct TaskSchedulerExport;
///     #[wasm_bindgen(js_class = "TaskScheduler")]
///     impl TaskSchedulerExport {
///         #[wasm_bindgen(constructor)]
///         pub fn new(ctx: JsValue, env: JsValue) -> JsValue { construct::<TaskScheduler>(ctx, env) }
///     }
///     #[wasm_bindgen(start, private)]
///     fn register_TaskScheduler() { register::<TaskScheduler>(TaskSchedulerExport.into()) }
/// };
/// ```
///
/// The exported class itself is never seen by others: its constructor returns an object of the
/// runtime's JavaScript class.
pub(super) fn class(ctx: &Ctx<'_>) -> TokenStream {
    let Ctx { model, private, .. } = ctx;
    let ty = &model.ty;
    let class = model.name.unraw().to_string();
    let export = names::export(&model.name);
    let start = names::start(&model.name);
    let workerd = quote!(#private::workerd);
    let bindgen = quote!(#workerd::wasm_bindgen);
    quote! {
        #[cfg(target_family = "wasm")]
        const _: () = {
            // What derives the struct's part forgets the path that it is given.
            use #bindgen;

            #[#bindgen::prelude::wasm_bindgen(wasm_bindgen = #bindgen, js_name = #class)]
            pub struct #export;

            #[#bindgen::prelude::wasm_bindgen(wasm_bindgen = #bindgen, js_class = #class)]
            impl #export {
                #[wasm_bindgen(constructor)]
                pub fn new(ctx: #bindgen::JsValue, env: #bindgen::JsValue) -> #bindgen::JsValue {
                    #workerd::construct::<#ty>(ctx, env)
                }
            }

            #[#bindgen::prelude::wasm_bindgen(wasm_bindgen = #bindgen, start, private)]
            #[allow(non_snake_case)]
            fn #start() {
                #workerd::register::<#ty>(::core::convert::Into::into(#export));
            }
        };
    }
}
