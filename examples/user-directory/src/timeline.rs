//! For people who watch.

use lumenize::prelude::*;

/// Writes a line. No handler may fail because nobody watches.
pub(crate) fn say<D: lumenize::Object>(svc: &Services<D>, handler: &str, what: &str) {
    let time = svc.now().format("%H:%M:%S%.3f");
    let line = format_args!("{time}  {:<9}  {handler:<16}  {what}\n", svc.name());
    let _ = std::io::Write::write_fmt(&mut std::io::stdout(), line);
}
