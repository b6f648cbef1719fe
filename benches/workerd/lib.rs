//! The Worker whose objects are measured on workerd. Natively it is empty.
#![cfg(target_family = "wasm")]

pub mod costs;
pub mod load;
pub mod pair;

use costs::Costs;
use load::Load;
use lumenize::prelude::*;
use pair::Pair;
use std::str::FromStr;
use worker::{Context, Env, Request, Response, event};

/// How many schedules one item may add.
const MOST_IN_ONE: u32 = 1_000;

/// What `peers/routes.js` answers for the others, and one route more for each cost.
#[event(fetch)]
async fn fetch(request: Request, env: Env, _ctx: Context) -> worker::Result<Response> {
    let path = request.path();
    let mut parts = path.trim_start_matches('/').split('/');
    let route = parts.next().unwrap_or_default();
    let name = parts.next().unwrap_or_default();
    let load = env.object::<Load>(name)?;
    match route {
        "insert" => {
            let count: u32 = number(parts.next())?;
            let due: i64 = number(parts.next())?;
            for first in (0..count).step_by(MOST_IN_ONE as usize) {
                let end = count.min(first + MOST_IN_ONE);
                load.run(Load::c().insert(first, end, due)).await?;
            }
            Response::empty()
        }
        "rung" => Response::from_json(&load.run(Load::c().rung()).await?),
        "last" => Response::from_json(&load.run(Load::c().last()).await?),
        "calls" => {
            for _ in 0..number::<u32>(parts.next())? {
                load.run(Load::c().get()).await?;
            }
            Response::empty()
        }
        "chain" => {
            let count: u32 = number(parts.next())?;
            env.object::<Pair>(name)?
                .run(Pair::c().chain(count))
                .await?;
            Response::empty()
        }
        "chained" => Response::from_json(&env.object::<Pair>(name)?.run(Pair::c().last()).await?),
        "costs" => {
            let costs = env.object::<Costs>(name)?;
            let run = match parts.next().unwrap_or_default() {
                "read" => return Response::from_json(&costs.run(Costs::c().rang()).await?),
                "put" => Costs::c().put(),
                "schedule" => Costs::c().schedule(),
                "cancel" => Costs::c().cancel(),
                "name" => Costs::c().name(number::<u32>(parts.next())?),
                "fire" => Costs::c().fire(),
                "every" => Costs::c().every(),
                "call" => Costs::c().call(),
                "ask" => Costs::c().ask(),
                "fetch" => {
                    let port = number::<u32>(parts.next())?;
                    Costs::c().fetch(port, parts.next().unwrap_or_default())
                }
                "fail" => Costs::c().fail(number::<u32>(parts.next())?),
                _ => return Response::error("there is no such cost", 404),
            };
            costs.run(run).await?;
            Response::empty()
        }
        _ => Response::error("there is no such route", 404),
    }
}

fn number<N: FromStr<Err: std::fmt::Display>>(text: Option<&str>) -> worker::Result<N> {
    text.unwrap_or_default()
        .parse()
        .map_err(|error: N::Err| worker::Error::RustError(error.to_string()))
}
