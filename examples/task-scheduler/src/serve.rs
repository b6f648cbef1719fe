//! Serves the routes: axum around them, the embedded host behind them.

use crate::arguments::Options;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response};
use lumenize::native::Host;
use lumenize::{CallError, Output};
use std::error::Error;
use std::future::IntoFuture;
use std::io::Write;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use task_scheduler::routes::{self, Objects};
use task_scheduler::{TaskScheduler, TaskSchedulerContinuation};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

#[derive(Clone)]
struct Served(Arc<Host>);

impl Objects for Served {
    async fn run<R: Output>(
        &self,
        name: &str,
        steps: TaskSchedulerContinuation<'static, R>,
    ) -> Result<R, CallError> {
        self.0.object::<TaskScheduler>(name).run(steps).await
    }
}

/// Serves until the process is asked to stop.
pub(crate) fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    // One thread is enough for HTTP: the objects run on those of the host.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let listener = runtime
        .block_on(TcpListener::bind(options.listen))
        .map_err(|error| format!("can't listen on {}: {error}", options.listen))?;
    let host = Host::open(&options.data)?
        .register::<TaskScheduler>()
        .start()?;
    let host = Arc::new(host);
    let served = runtime.block_on(serve(listener, Served(Arc::clone(&host)), options.grace));
    // With it go the requests that took too long; so nobody else has the host any more.
    drop(runtime);
    let stopped = Arc::into_inner(host).map_or(Ok(()), |host| stop(host, options.grace));
    served.and(stopped)
}

async fn serve(
    listener: TcpListener,
    objects: Served,
    grace: Duration,
) -> Result<(), Box<dyn Error>> {
    let stop = asked_to_stop()?;
    let address = listener.local_addr()?;
    let app = Router::new().fallback(answer).with_state(objects);
    let (stopping, asked) = oneshot::channel();
    let server = axum::serve(listener, app).with_graceful_shutdown(async {
        stop.await;
        // Whether anybody waits for it is not known here.
        let _ = stopping.send(());
    });
    let too_long = async {
        let _ = asked.await;
        tokio::time::sleep(grace).await;
    };
    // Whoever started this may no longer listen; it serves all the same.
    let _ = writeln!(std::io::stdout(), "listening on http://{address}");
    tokio::select! {
        served = server.into_future() => Ok(served?),
        () = too_long => {
            eprintln!("task-scheduler: some requests did not end within {grace:?}; they get no answer");
            Ok(())
        }
    }
}

async fn answer(State(objects): State<Served>, request: Request<Body>) -> Response<Body> {
    routes::answer(&objects, request).await.map(Body::from)
}

/// Lets running handlers end and closes the objects.
fn stop(host: Host, grace: Duration) -> Result<(), Box<dyn Error>> {
    let (done, stopped) = mpsc::channel();
    std::thread::spawn(move || done.send(host.shutdown()));
    match stopped.recv_timeout(grace) {
        Ok(stopped) => Ok(stopped?),
        Err(_) => Err(format!(
            "a handler did not end within {grace:?}; it is undone, and runs again after the next start"
        )
        .into()),
    }
}

/// Resolves at SIGTERM or Ctrl-C. From now on they no longer end the process by themselves.
#[cfg(unix)]
fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Resolves at Ctrl-C. From now on it no longer ends the process by itself.
#[cfg(windows)]
fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
