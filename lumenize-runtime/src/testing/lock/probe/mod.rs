//! What a type asks for when it is read: a deserializer that answers each question with something, again
//! and again, until all that can be asked was asked.
//!
//! - `node`: what is known of a type so far;
//! - `value`: the deserializer; `parts`, `fields` and `variants`: what has several parts;
//! - `candidates`: what is given where there are no parts;
//! - `told`: what a type says when it refuses something.
//!
//! A round reads one value. It tries what was not tried before (an option's two sides, each variant), and
//! where a value is refused, the next round gives another. First all parts are met, and each value that
//! was read is handed on; then it is asked what may be missing and what else would be taken.

mod candidates;
mod fields;
mod node;
mod parts;
mod told;
mod value;
mod variants;

pub(super) use node::{Content, Enum, Field, Fields, Form, Id};

use node::{Given, Node};
use serde::de::DeserializeOwned;
use std::collections::{HashMap, HashSet};
use told::Told;
use value::Value;

/// How many values are read at most, how many parts are told apart, and how deep values may be.
const MAX_ROUNDS: usize = 4_000;
const MAX_NODES: usize = 4_000;
const MAX_DEPTH: usize = 100;

/// How often other values are tried where some were refused.
const MAX_TRIES: usize = 400;

/// What tells named types apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Name {
    /// What rustc calls it.
    pub(super) rust: &'static str,
    /// What serde calls it.
    pub(super) serde: &'static str,
    /// Its fields or variants.
    names: &'static [&'static str],
}

/// What was found out about a type.
#[derive(Default)]
pub(super) struct Probe {
    nodes: Vec<Node>,
    named: HashMap<Name, Id>,
    /// Whether it is asked what may be missing and what else would be taken.
    asks: bool,
    tries: usize,
    /// Alternatives that lead to something that is not known, and where it can't be found out.
    stuck: HashSet<(Id, usize)>,
    round: Round,
}

/// What matters within a round.
#[derive(Default)]
struct Round {
    /// Whether something was learned.
    learned: bool,
    /// Which nodes had, when it began, something in them that is not known.
    unknown: Vec<bool>,
    /// The alternatives that the parts around are of.
    open: Vec<(Id, usize)>,
    /// The alternatives that were taken because they lead to something that is not known.
    followed: Vec<(Id, usize)>,
    /// The variants that were taken.
    variants: Vec<(Id, usize)>,
    /// What values were given so far.
    given: Vec<Id>,
    /// Whether it is known why a value was refused.
    is_explained: bool,
    depth: usize,
}

/// An alternative that a part has.
struct Alternative {
    is_tried: bool,
    fails: bool,
    leads_on: bool,
}

impl Probe {
    /// Finds out what there is to find out about `T`; `found` is given each value that is read.
    pub(super) fn of<T: DeserializeOwned>(found: &mut dyn FnMut(&T)) -> Self {
        let mut probe = Self {
            nodes: vec![Node::default()],
            ..Self::default()
        };
        let mut rounds = 0..MAX_ROUNDS;
        for asks in [false, true] {
            probe.asks = asks;
            while rounds.next().is_some() && probe.nodes.len() < MAX_NODES {
                let value = probe.read::<T>();
                if let (Ok(value), false) = (&value, asks) {
                    probe.was_read();
                    found(value);
                }
                if probe.round.learned {
                    continue;
                }
                match probe.round.followed.pop() {
                    Some(alternative) => probe.stuck.insert(alternative),
                    None => break,
                };
            }
        }
        probe
    }

    /// Where a part is known, and what is known of it. What is known of the whole type is at 0.
    pub(super) fn node(&self, id: Id) -> Option<(Id, &Node)> {
        match self.nodes.get(id)? {
            Node {
                form: Form::Same(other),
                ..
            } => Some((*other, self.nodes.get(*other)?)),
            node => Some((id, node)),
        }
    }

    /// A whole value was read.
    fn was_read(&mut self) {
        for (id, variant) in std::mem::take(&mut self.round.variants) {
            if let Some(Form::Enum(known)) = self.form(id)
                && let Some(variant) = known.variants.get_mut(variant)
            {
                variant.is_read = true;
            }
        }
    }

    fn read<T: DeserializeOwned>(&mut self) -> Result<T, Told> {
        self.round = Round {
            unknown: self.unknown(),
            ..Round::default()
        };
        let value = T::deserialize(Value { probe: self, at: 0 });
        self.ended(0, value)
    }

    /// Which nodes have something in them that is not known.
    fn unknown(&self) -> Vec<bool> {
        let open = |node: &Node| node.form.is_open(self.asks);
        let mut unknown: Vec<bool> = self.nodes.iter().map(open).collect();
        let mut changed = true;
        while changed {
            changed = false;
            for (id, node) in self.nodes.iter().enumerate().rev() {
                if unknown.get(id) == Some(&false) {
                    let mut leads_on = false;
                    node.form
                        .parts(&mut |part| leads_on |= unknown.get(part) == Some(&true));
                    if let (true, Some(place)) = (leads_on, unknown.get_mut(id)) {
                        *place = true;
                        changed = true;
                    }
                }
            }
        }
        unknown
    }

    fn leads_on(&self, id: Id) -> bool {
        // What is new in this round is not known.
        self.round.unknown.get(id).copied().unwrap_or(true)
    }

    fn fresh(&mut self) -> Id {
        self.nodes.push(Node::default());
        self.nodes.len() - 1
    }

    fn form(&mut self, id: Id) -> Option<&mut Form> {
        self.nodes.get_mut(id).map(|node| &mut node.form)
    }

    /// Says what a part is that was not met before.
    fn meet(&mut self, id: Id, form: impl FnOnce(&mut Self) -> Form) {
        if let Some(Form::New) = self.form(id) {
            let form = form(self);
            if let Some(place) = self.form(id) {
                *place = form;
                self.round.learned = true;
            }
        }
    }

    /// Where a named type is known: a type within itself is met once.
    fn enter(&mut self, at: Id, name: Name) -> Id {
        match self.form(at) {
            Some(Form::Same(other)) => return *other,
            Some(Form::New) => {}
            _ => return at,
        }
        if let Some(other) = self.named.get(&name).copied()
            && other != at
        {
            self.meet(at, |_| Form::Same(other));
            return other;
        }
        self.named.insert(name, at);
        if let Some(node) = self.nodes.get_mut(at) {
            node.name = Some(name);
        }
        at
    }

    /// Which alternative is next, if there is one; the cheapest comes first.
    fn choose(&mut self, id: Id, alternatives: &[Alternative]) -> Option<usize> {
        let is_open = |place: usize| self.round.open.contains(&(id, place));
        let is_stuck = |place: usize| self.stuck.contains(&(id, place));
        let find = |wanted: &dyn Fn(usize, &Alternative) -> bool| {
            let mut all = alternatives.iter().enumerate();
            all.find_map(|(place, alternative)| wanted(place, alternative).then_some(place))
        };
        let new = find(&|place, alternative| !alternative.is_tried && !is_open(place));
        let leading =
            find(&|place, alternative| alternative.leads_on && !is_open(place) && !is_stuck(place));
        let working = find(&|place, alternative| !alternative.fails && !is_open(place));
        let again = find(&|_, alternative| !alternative.fails);
        if let (None, Some(leading)) = (new, leading) {
            self.round.followed.push((id, leading));
        }
        let chosen = new.or(leading).or(working).or(again)?;
        self.round.open.push((id, chosen));
        Some(chosen)
    }

    /// Begins a part.
    fn begin(&mut self) -> Result<usize, Told> {
        if self.round.depth >= MAX_DEPTH || self.nodes.len() >= MAX_NODES {
            // No other value would help.
            self.round.is_explained = true;
            return Err(Told::Other);
        }
        self.round.depth += 1;
        Ok(self.round.given.len())
    }

    /// Ends a part, which began when so many values had been given. If it was refused, it is for one of
    /// those that were given since.
    fn ended<T>(&mut self, given: usize, read: Result<T, Told>) -> Result<T, Told> {
        self.round.depth = self.round.depth.saturating_sub(1);
        if read.is_err() && !self.round.is_explained {
            let given = self.round.given.get(given..).unwrap_or_default().to_vec();
            self.round.is_explained = true;
            self.blame(&given);
        }
        read
    }

    /// Gives other values next time: all combinations, one after another, until it is enough.
    fn blame(&mut self, given: &[Id]) {
        self.tries += 1;
        if self.tries <= MAX_TRIES {
            for id in given.iter().rev() {
                if let Some(Form::Scalar(given)) = self.form(*id)
                    && !given.is_refused
                {
                    given.candidate += 1;
                    given.is_taken = false;
                    if given.candidate < value::candidates(given.scalar) {
                        self.round.learned = true;
                        return;
                    }
                    given.candidate = 0;
                }
            }
        }
        for id in given {
            if let Some(Form::Scalar(given)) = self.form(*id)
                && !given.is_refused
            {
                given.is_refused = true;
                self.round.learned = true;
            }
        }
    }

    /// Whether a part is refused, if that can be told: where something was learned it may be taken next time.
    fn fails<T>(&self, read: &Result<T, Told>) -> Option<bool> {
        match read {
            Ok(_) => Some(false),
            Err(_) if self.round.learned => None,
            Err(_) => Some(true),
        }
    }

    fn given(&mut self, id: Id) -> Option<&mut Given> {
        match self.form(id) {
            Some(Form::Scalar(given)) => Some(given),
            _ => None,
        }
    }
}
