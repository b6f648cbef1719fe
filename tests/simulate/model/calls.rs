//! What must come of the calls of all objects: each that was committed is executed once or not at all, and
//! one handler of its outcome runs once, which is told what is true.

use super::{Checked, Model, that};
use crate::program::{Call, End, Record, Told, Version, What};
use std::collections::BTreeMap;

/// What is known of the calls of one object.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    /// Those that it has made.
    sent: BTreeMap<u32, Sent>,
    /// What its handlers of outcomes were told, or nothing if the call was cancelled before.
    ended: BTreeMap<u32, Option<Record>>,
    /// What those have told that it has executed, whoever made them.
    executed: BTreeMap<u32, (Vec<Told>, Version)>,
    /// Those at which it has failed.
    failed: BTreeMap<u32, u32>,
}

#[derive(Clone, Debug)]
struct Sent {
    call: Call,
    /// The version that made it.
    by: Version,
    /// Whether it was under way when the first version was, which has not what the second calls: then it may
    /// be refused, and its answer parked.
    met_the_first: bool,
}

impl Calls {
    pub(super) fn send(&mut self, call: &Call, by: Version) {
        let sent = Sent {
            call: call.clone(),
            by,
            met_the_first: false,
        };
        self.sent.insert(call.tag, sent);
    }

    pub(super) fn redeploy(&mut self, version: Version) {
        let open = |tag: &u32| !self.ended.contains_key(tag);
        for (_, sent) in self.sent.iter_mut().filter(|(tag, _)| open(tag)) {
            sent.met_the_first |= sent.by == Version::Second && version == Version::First;
        }
    }

    /// How many answers may be parked.
    pub(super) fn may_be_parked(&self) -> usize {
        let sent = self.sent.iter();
        sent.filter(|(tag, sent)| sent.met_the_first && !self.ended.contains_key(tag))
            .count()
    }

    /// Whether there is one to cancel, which is then over. There is none if its answer is parked.
    pub(super) fn cancel(&mut self, tag: u32, told: &Told) -> bool {
        let sent = self.sent.get(&tag);
        let parked = sent.is_some_and(|sent| sent.met_the_first) && *told == Told::Cancelled(false);
        let open = sent.is_some() && !self.ended.contains_key(&tag) && !parked;
        if open {
            self.ended.insert(tag, None);
        }
        open
    }
}

impl Model {
    /// One of these calls was executed here, or the handler of the outcome of one ran; says whether it
    /// stays.
    pub(crate) fn ran_for_a_call(
        &mut self,
        record: &Record,
        calls: &BTreeMap<u32, Call>,
    ) -> Checked<bool> {
        let call = calls.get(&record.tag);
        let call = call.ok_or_else(|| format!("nobody calls for {record:?}"))?;
        let stays = match record.what {
            What::Called => self.called(call, record)?,
            _ => self.heard(call, record)?,
        };
        that(stays || self.strict, || {
            format!("{record:?} stays, and its handler failed")
        })?;
        Ok(stays)
    }

    fn called(&mut self, call: &Call, record: &Record) -> Checked<bool> {
        let mut after = self.clone();
        after.acts(&call.acts, record)?;
        if call.end != End::Ok {
            // An error is an answer: the call is not executed again.
            let failed = self.calls.failed.entry(call.tag).or_default();
            *failed += 1;
            that(*failed == 1, || format!("{record:?} was executed again"))?;
            return Ok(false);
        }
        let before = after
            .calls
            .executed
            .insert(call.tag, (record.told.clone(), record.by));
        that(before.is_none(), || {
            format!("{record:?} was executed before, and told {before:?}")
        })?;
        self.becomes(after);
        Ok(true)
    }

    fn heard(&mut self, call: &Call, record: &Record) -> Checked<bool> {
        let (fails, _) = call
            .handler
            .ok_or_else(|| format!("{record:?}: nobody wanted to hear of it"))?;
        let sent = self.calls.sent.get(&call.tag);
        let sent = sent.ok_or_else(|| format!("{record:?}: it was not called"))?;
        let understood =
            record.what != What::Answered || sent.by != Version::Second || record.by == sent.by;
        that(understood, || {
            format!("{record:?} is of what only the second version understands")
        })?;
        let before = self.calls.ended.get(&call.tag);
        that(before.is_none(), || {
            format!("{record:?} was heard of before: {before:?}")
        })?;
        let stays = record.attempt > fails;
        if stays {
            self.calls.ended.insert(call.tag, Some(record.clone()));
        }
        Ok(stays)
    }
}

/// What all objects know of calls must agree; `all` of them were answered, unless something keeps one
/// from it.
pub(crate) fn agree(models: &[&Model], all: bool) -> Checked {
    let executed = |tag: u32| {
        let mut calls = models.iter().map(|model| &model.calls);
        calls.find_map(|calls| calls.executed.get(&tag))
    };
    let sent = |tag: u32| {
        let mut calls = models.iter().map(|model| &model.calls);
        calls.find_map(|calls| calls.sent.get(&tag))
    };
    for calls in models.iter().map(|model| &model.calls) {
        for tag in calls.executed.keys().chain(calls.failed.keys()) {
            that(sent(*tag).is_some(), || {
                format!("the call {tag} was executed, and is of what did not happen")
            })?;
        }
        for (tag, (_, by)) in &calls.executed {
            let knows = sent(*tag).is_none_or(|sent| sent.by != Version::Second || sent.by == *by);
            that(knows, || {
                format!("the call {tag} was executed by a version that has not its handler")
            })?;
        }
        for (tag, record) in &calls.ended {
            let (Some(record), Some(sent)) = (record, sent(*tag)) else {
                continue;
            };
            let call = &sent.call;
            let done = executed(*tag);
            let holds = match (record.what, &*record.told) {
                (What::Answered, told) => done.is_some_and(|(done, _)| done == told),
                (_, [Told::ItFailed]) => {
                    done.is_none() && call.end != End::Ok && call.end != End::Kill
                }
                (_, [Told::NotExecuted]) => done.is_none() && (!all || sent.met_the_first),
                (_, [Told::Unknown]) => !all,
                _ => false,
            };
            that(holds, || {
                format!("{record:?} was heard of {call:?}, of which the callee has {done:?}")
            })?;
        }
    }
    Ok(())
}

/// Nothing is under way any more.
pub(crate) fn ended(models: &[&Model], all: bool) -> Checked {
    agree(models, all)?;
    for calls in models.iter().map(|model| &model.calls) {
        for (tag, sent) in &calls.sent {
            let call = &sent.call;
            let heard = calls.ended.contains_key(tag) || call.handler.is_none();
            that(heard, || format!("nobody heard of {call:?}"))?;
            let mut others = models.iter();
            let done = others.any(|model| model.calls.executed.contains_key(tag));
            let cancelled = calls.ended.get(tag).is_some_and(Option::is_none);
            that(
                !all || sent.met_the_first || cancelled || done == (call.end == End::Ok),
                || format!("{call:?} was lost, though nothing was in its way"),
            )?;
        }
    }
    Ok(())
}
