//! What becomes of a few blocks, as it would be printed.

use super::goldens::hold;
use crate::object;
use quote::quote;

/// Holds what `item` becomes against `snapshots/NAME.rs`, the block itself left out.
fn snapshot(name: &str, args: proc_macro2::TokenStream, item: proc_macro2::TokenStream) {
    let file: syn::File = syn::parse2(object(args, item)).unwrap();
    let mut items = file.items;
    assert!(
        matches!(items.first(), Some(syn::Item::Impl(_))),
        "the block comes first"
    );
    items.remove(0);
    let printed = prettyplease::unparse(&syn::File { items, ..file });
    hold(
        &format!("lumenize-macros/src/tests/snapshots/{name}.rs"),
        &printed,
    );
}

#[test]
fn an_object() {
    snapshot(
        "object",
        quote!(),
        quote! {
            impl TaskScheduler {
                pub fn new(svc: Services<Self>) -> Self { Self { svc } }
                /// Schedules a task.
                #[handler(was = "add_task", was = "plan_task")]
                pub fn schedule_task(&mut self, name: &str, delay: u64) -> Result<ScheduleId> { plan(name, delay) }
                #[deprecated = "use `schedule_task`"]
                pub(crate) fn size(&self) -> u32 { 1 }
                #[cfg(feature = "more")]
                fn more(&mut self, (a, b): (u8, Self)) {}
                #[handler(skip)]
                fn help(&self) {}
            }
        },
    );
}

#[test]
fn an_object_that_can_fail() {
    snapshot(
        "fallible",
        quote!(binding = "DESK", crate = "crate::facade::lumenize"),
        quote! {
            impl Desk {
                fn new(svc: Services<Self>) -> Result<Self, Wrong> { Ok(Self { svc }) }
                #[on_failed]
                fn undo(&mut self, work: FailedWork) -> Result<()> { Ok(()) }
            }
        },
    );
}

#[test]
fn refused_handlers() {
    snapshot(
        "refused",
        quote!(),
        quote! {
            impl Desk {
                async fn ask(&mut self, url: String) -> String { url }
                fn answer(&self) -> u8 { 42 }
            }
        },
    );
}
