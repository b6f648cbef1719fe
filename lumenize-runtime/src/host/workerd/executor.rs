//! The class that workerd finds in the exports of every Worker that has objects: what fetches by HTTP.
//!
//! As with objects, the exported class itself is never seen by others: its constructor returns an object of
//! the JavaScript class in `executor.js`, and no Rust code runs while it fetches.

// What derives the struct's part forgets the path that it is given.
use worker::wasm_bindgen;
use worker::wasm_bindgen::prelude::*;

#[wasm_bindgen(wasm_bindgen = wasm_bindgen, module = "/src/host/workerd/executor.js")]
extern "C" {
    // With its name: of two imports that take nothing to be converted, esbuild warns.
    #[wasm_bindgen(js_name = register)]
    fn register_executor(sample: JsValue, name: &str);
    #[wasm_bindgen(js_name = construct)]
    fn construct_executor(ctx: JsValue, env: JsValue) -> JsValue;
}

/// The exported class.
#[wasm_bindgen(wasm_bindgen = wasm_bindgen, js_name = "LumenizeFetch")]
pub struct FetchExport;

#[wasm_bindgen(wasm_bindgen = wasm_bindgen, js_class = "LumenizeFetch")]
impl FetchExport {
    /// What workerd makes one by.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_ret_no_self)] // as a class of JavaScript may
    pub fn new(ctx: JsValue, env: JsValue) -> JsValue {
        construct_executor(ctx, env)
    }
}

#[wasm_bindgen(wasm_bindgen = wasm_bindgen, start, private)]
fn start_executor() {
    register_executor(FetchExport.into(), "LumenizeFetch");
}
