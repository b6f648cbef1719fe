//! One report, host by host.

use super::{Failure, NAMES, Verdict};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What each scenario came to on each host, and how long it took.
#[derive(Default)]
pub struct Report {
    hosts: Vec<String>,
    results: BTreeMap<(String, String), (Verdict, Duration)>,
}

impl Report {
    /// Adds a result.
    pub fn add(&mut self, host: &str, scenario: &str, verdict: Verdict, took: Duration) {
        if !self.hosts.iter().any(|known| known == host) {
            self.hosts.push(host.to_owned());
        }
        let key = (scenario.to_owned(), host.to_owned());
        self.results.insert(key, (verdict, took));
    }

    /// Panics, with the report, unless every scenario passed on each of these hosts.
    pub fn assert(&self, hosts: &[&str]) {
        let passed = |host: &&str, name: &&str| {
            let key = ((*name).to_owned(), (*host).to_owned());
            matches!(self.results.get(&key), Some((Ok(()), _)))
        };
        let all = hosts
            .iter()
            .all(|host| NAMES.iter().all(|name| passed(host, name)));
        assert!(all && !NAMES.is_empty(), "{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<70}", "scenario")?;
        for host in &self.hosts {
            write!(f, "{host:>14}")?;
        }
        for name in NAMES {
            write!(f, "\n{name:<70}")?;
            for host in &self.hosts {
                match self.results.get(&((*name).to_owned(), host.clone())) {
                    Some((Ok(()), took)) => write!(f, "{:>11} ms", took.as_millis())?,
                    Some((Err(_), _)) => write!(f, "{:>14}", "FAILED")?,
                    None => write!(f, "{:>14}", "not run")?,
                }
            }
        }
        for ((name, host), (verdict, _)) in &self.results {
            if let Err(Failure(reason)) = verdict {
                write!(f, "\n{name} on {host}: {reason}")?;
            }
        }
        let passed = self.results.values().filter(|(verdict, _)| verdict.is_ok());
        let (passed, hosts) = (passed.count(), self.hosts.len());
        write!(
            f,
            "\n{} scenarios on {hosts} hosts: {passed} passed",
            NAMES.len()
        )
    }
}
