//! What the tests ask the Worker over HTTP.

use crate::host::Workerd;
use lumenize::prelude::*;
use lumenize_tests::conformance::{Failure, run};
use lumenize_tests::{Ask, Lab, Told};
use worker::wasm_bindgen::{JsCast, JsValue};
use worker::wasm_bindgen_futures::JsFuture;
use worker::{Context, Env, Request, Response, Result, event, js_sys};

#[event(fetch)]
async fn fetch(mut request: Request, env: Env, _ctx: Context) -> Result<Response> {
    let path = request.path();
    let mut parts = path.trim_start_matches('/').splitn(3, '/');
    let (route, name, rest) = (parts.next(), parts.next(), parts.next());
    match (route, name.unwrap_or_default(), rest.unwrap_or_default()) {
        (Some("scenario"), prefix, scenario) => {
            let verdict = run(scenario, &mut Workerd(env), prefix).await;
            match verdict {
                Some(Ok(())) => Response::ok("passed"),
                Some(Err(Failure(reason))) => Response::error(reason, 500),
                None => Response::error("there is no such scenario", 404),
            }
        }
        (Some("lab"), name, _) => {
            let ask: Ask = request.json().await?;
            Response::from_json(&answer(&env, name, ask).await)
        }
        (Some("storage"), _, _) => {
            let stub = env.durable_object("DATABASES")?.get_by_name("main")?;
            stub.fetch_with_request(request).await
        }
        // As a Worker does that forwards what it gets.
        (Some("forward"), name, _) => {
            let stub = env.durable_object("LAB")?.get_by_name(name)?;
            stub.fetch_with_request(request).await
        }
        // RPC to a method of this name, with the arguments that the body has as JSON.
        (Some("rpc"), name, method) => {
            let arguments = js_sys::JSON::parse(&request.text().await?)?;
            let stub = env.durable_object("LAB")?.get_by_name(name)?;
            let told = rpc(stub.into_rpc(), method, &arguments.unchecked_into()).await;
            Response::ok(match told {
                Ok(value) => format!("answered {value:?}"),
                Err(error) => format!("refused {error:?}"),
            })
        }
        // RPC to the one method, with the bytes of the body.
        (Some("bytes"), name, _) => {
            let bytes = js_sys::Uint8Array::from(request.bytes().await?.as_slice());
            let stub = env.durable_object("LAB")?.get_by_name(name)?;
            let arguments = js_sys::Array::of1(&bytes);
            let told = rpc(stub.into_rpc(), "lumenize", &arguments).await;
            Response::ok(match told {
                Ok(_) => "answered",
                Err(_) => "refused",
            })
        }
        _ => Response::error("there is no such route", 404),
    }
}

async fn answer(env: &Env, name: &str, ask: Ask) -> Told {
    let lab = match env.object::<Lab>(name) {
        Ok(lab) => lab,
        Err(error) => return Told::Refused(error.to_string()),
    };
    let told = match ask {
        Ask::Log => lab.run(Lab::c().log()).await.map(Told::Log),
        Ask::Schedule(at, job, policy) => {
            let steps = Lab::c().schedule_with(at, job, policy);
            lab.run(steps)
                .await
                .map(|id| Told::Scheduled(id.to_string()))
        }
        Ask::Do(job) => lab.run(Lab::c().job(job)).await.map(|()| Told::Done),
        Ask::Pending => lab.pending().await.map(Told::Pending),
        Ask::Failed => lab.failed().await.map(Told::Failed),
    };
    told.unwrap_or_else(Told::Error)
}

async fn rpc(stub: JsValue, method: &str, arguments: &js_sys::Array) -> Result<JsValue, JsValue> {
    let method: js_sys::Function = js_sys::Reflect::get(&stub, &method.into())?.dyn_into()?;
    let answer: JsValue = js_sys::Reflect::apply(&method, &stub, arguments)?;
    // What RPC returns can be awaited, and is no promise by its type.
    JsFuture::from(js_sys::Promise::resolve::<JsValue>(&answer)).await
}
