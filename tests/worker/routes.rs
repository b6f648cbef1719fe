//! What the tests ask the Worker over HTTP.

use crate::host::Workerd;
use lumenize::prelude::EnvExt as _;
use lumenize::workerd::{Level, ObjectRef, console};
use lumenize::{CallError, IdempotencyKey};
use lumenize_tests::bells::{Bell, BellAsk, Ring};
use lumenize_tests::conformance::{Failure, run};
use lumenize_tests::errands::{FetcherAsk, FetcherSeen};
use lumenize_tests::fetcher::Fetcher;
use lumenize_tests::phone::{Account, Phone};
use lumenize_tests::switchboard::{AccountAsk, AccountSeen, PhoneAsk, PhoneSeen};
use lumenize_tests::{Ask, Lab, Told};
use worker::{Context, Env, Request, Response, Result, event};

#[event(start)]
fn start() {
    console(Level::Info);
}

#[event(fetch)]
async fn fetch(mut request: Request, env: Env, _ctx: Context) -> Result<Response> {
    let path = request.path();
    let mut parts = path.trim_start_matches('/').splitn(3, '/');
    let (route, name, rest) = (parts.next(), parts.next(), parts.next());
    match (route, name.unwrap_or_default(), rest.unwrap_or_default()) {
        (Some("scenario"), prefix, scenario) => {
            // Where there is a server stands in the query.
            let server = request.url()?.query().unwrap_or_default().to_owned();
            let verdict = run(scenario, &mut Workerd(env, server), prefix).await;
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
        (Some("bell"), name, _) => {
            let bell = env.object::<Bell>(name)?;
            let told = ring(&bell, request.json().await?).await;
            Response::from_json(&told)
        }
        (Some("bell-by-id"), id, _) => match env.object_by_id::<Bell>(id) {
            Ok(bell) => {
                let told = ring(&bell, request.json().await?).await;
                Response::from_json(&told)
            }
            Err(error) => Response::error(error.to_string(), 404),
        },
        (Some("phone"), name, _) => {
            let phone = env.object::<Phone>(name)?;
            let asked = request.json().await?;
            Response::from_json(&telephone(&phone, asked).await)
        }
        (Some("fetcher"), name, _) => {
            let fetcher = env.object::<Fetcher>(name)?;
            let asked = request.json().await?;
            Response::from_json(&send_out(&fetcher, asked).await)
        }
        (Some("account"), name, _) => {
            let account = env.object::<Account>(name)?;
            let asked = request.json().await?;
            Response::from_json(&book(&account, asked).await)
        }
        (Some("new-id"), _, _) => {
            let namespace = env.durable_object("BELL")?;
            Response::ok(namespace.unique_id()?.to_string())
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

async fn ring(bell: &ObjectRef<Bell>, ask: BellAsk) -> Result<Vec<Ring>, CallError> {
    match ask {
        BellAsk::Set(first, dates, busy_ms) => {
            let steps = Bell::c().set(first, dates, busy_ms);
            bell.run(steps).await.map(|()| Vec::new())
        }
        BellAsk::Rings => bell.run(Bell::c().rings()).await,
    }
}

async fn telephone(phone: &ObjectRef<Phone>, ask: PhoneAsk) -> Result<PhoneSeen, CallError> {
    match ask {
        PhoneAsk::Ring(to, ask, manner) => {
            phone.run(Phone::c().ring_like(to, ask, manner)).await?;
        }
        PhoneAsk::Often(to, times) => phone.run(Phone::c().ring_often(to, times)).await?,
        PhoneAsk::Answer(ask) => {
            phone.run(Phone::c().answer(ask)).await?;
        }
        PhoneAsk::AnswerTwice(id, ask) => {
            let deadline =
                chrono::DateTime::from_timestamp_millis(worker::Date::now().as_millis() as i64);
            let deadline = deadline.unwrap_or_default() + std::time::Duration::from_secs(60);
            let mut key = IdempotencyKey::new(uuid::Uuid::from_u128(id.into()), deadline);
            let first = phone
                .run_idempotent(&mut key, Phone::c().answer(ask.clone()))
                .await?;
            let again = phone
                .run_idempotent(&mut key, Phone::c().answer(ask))
                .await?;
            phone
                .run(Phone::c().answer(lumenize_tests::phone::Ask::Echo(format!(
                    "{first}, {again}"
                ))))
                .await?;
        }
        PhoneAsk::Look => {}
    }
    Ok(PhoneSeen {
        log: phone.run(Phone::c().log()).await?,
        pending: phone.pending().await?,
        failed: phone.failed().await?,
    })
}

async fn book(account: &ObjectRef<Account>, ask: AccountAsk) -> Result<AccountSeen, CallError> {
    match ask {
        AccountAsk::Open(balance) => account.run(Account::c().open(balance)).await?,
        AccountAsk::Transfer(number, to, amount) => {
            account
                .run(Account::c().transfer(number, to, amount))
                .await?;
        }
        AccountAsk::Look => {}
    }
    Ok(AccountSeen {
        balance: account.run(Account::c().balance()).await?,
        transfers: account.run(Account::c().transfers()).await?,
        received: account.run(Account::c().received()).await?,
        pending: account.pending().await?,
        failed: account.failed().await?,
    })
}

async fn send_out(fetcher: &ObjectRef<Fetcher>, ask: FetcherAsk) -> Result<FetcherSeen, CallError> {
    match ask {
        FetcherAsk::Fetch(about, wanted) => {
            fetcher.run(Fetcher::c().fetch(about, wanted)).await?;
        }
        FetcherAsk::Once(about, wanted) => {
            fetcher.run(Fetcher::c().fetch_once(about, wanted)).await?;
        }
        FetcherAsk::Often(wanted, times) => {
            fetcher.run(Fetcher::c().fetch_often(wanted, times)).await?;
        }
        FetcherAsk::Cancel(about) => {
            fetcher.run(Fetcher::c().cancel_about(about)).await?;
        }
        FetcherAsk::Look => {}
    }
    Ok(FetcherSeen {
        log: fetcher.run(Fetcher::c().log()).await?,
        made: fetcher.run(Fetcher::c().made()).await?,
        pending: fetcher.pending().await?,
        failed: fetcher.failed().await?,
    })
}
