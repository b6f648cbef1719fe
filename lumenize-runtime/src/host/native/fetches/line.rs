//! Who may begin: so many at a time, in all and for each host, and the hosts in turn.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Those that run and those that wait.
pub(super) struct Line {
    in_all: usize,
    per_host: usize,
    running: usize,
    waiting: usize,
    hosts: BTreeMap<Arc<str>, Host>,
    /// The hosts that one may begin for, each once, those longest without one first.
    turns: VecDeque<Arc<str>>,
}

#[derive(Default)]
struct Host {
    running: usize,
    waiting: VecDeque<Waiting>,
    has_turn: bool,
}

struct Waiting {
    serial: u64,
    begin: oneshot::Sender<()>,
}

impl Line {
    pub(super) fn new(in_all: usize, per_host: usize) -> Self {
        Self {
            in_all: in_all.max(1),
            per_host: per_host.max(1),
            running: 0,
            waiting: 0,
            hosts: BTreeMap::new(),
            turns: VecDeque::new(),
        }
    }

    pub(super) fn running(&self) -> usize {
        self.running
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    pub(super) fn serials_waiting(&self) -> BTreeSet<u64> {
        let hosts = self.hosts.values();
        hosts
            .flat_map(|host| host.waiting.iter().map(|waiting| waiting.serial))
            .collect()
    }

    /// Gets in line. What is returned says when to begin.
    pub(super) fn join(&mut self, host: &Arc<str>, serial: u64) -> oneshot::Receiver<()> {
        let (begin, begun) = oneshot::channel();
        let entry = self.hosts.entry(Arc::clone(host)).or_default();
        entry.waiting.push_back(Waiting { serial, begin });
        self.waiting += 1;
        self.give_turn(host);
        self.advance();
        begun
    }

    /// Leaves, before it began or after. Everybody who joined must.
    pub(super) fn leave(&mut self, host: &Arc<str>, serial: u64) {
        let Some(entry) = self.hosts.get_mut(host) else {
            return;
        };
        let mut waiting = entry.waiting.iter();
        match waiting.position(|waiting| waiting.serial == serial) {
            Some(place) => {
                entry.waiting.remove(place);
                self.waiting -= 1;
            }
            None => {
                entry.running -= 1;
                self.running -= 1;
            }
        }
        self.forget_idle(host);
        self.give_turn(host);
        self.advance();
    }

    fn give_turn(&mut self, host: &Arc<str>) {
        if let Some(entry) = self.hosts.get_mut(host)
            && !entry.has_turn
            && !entry.waiting.is_empty()
            && entry.running < self.per_host
        {
            entry.has_turn = true;
            self.turns.push_back(Arc::clone(host));
        }
    }

    fn advance(&mut self) {
        while self.running < self.in_all
            && let Some(host) = self.turns.pop_front()
        {
            let Some(entry) = self.hosts.get_mut(&host) else {
                continue;
            };
            entry.has_turn = false;
            // Whoever waited may have left.
            if let Some(first) = entry.waiting.pop_front() {
                entry.running += 1;
                self.running += 1;
                self.waiting -= 1;
                // Whoever does not listen any more is about to leave.
                let _ = first.begin.send(());
            }
            self.forget_idle(&host);
            self.give_turn(&host);
        }
    }

    /// A host that has its turn stays, so that it never has two.
    fn forget_idle(&mut self, host: &Arc<str>) {
        if let Some(entry) = self.hosts.get(host)
            && entry.running == 0
            && entry.waiting.is_empty()
            && !entry.has_turn
        {
            self.hosts.remove(host);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Queue {
        line: Line,
        serial: u64,
        tickets: Vec<(Arc<str>, u64, oneshot::Receiver<()>)>,
    }

    impl Queue {
        fn new(in_all: usize, per_host: usize) -> Self {
            Self {
                line: Line::new(in_all, per_host),
                serial: 0,
                tickets: Vec::new(),
            }
        }

        fn join(&mut self, host: &str) -> u64 {
            self.serial += 1;
            let host = Arc::from(host);
            let ticket = self.line.join(&host, self.serial);
            self.tickets.push((host, self.serial, ticket));
            self.serial
        }

        fn leave(&mut self, serial: u64) {
            let mut tickets = self.tickets.iter();
            let at = tickets.position(|ticket| ticket.1 == serial).unwrap();
            let (host, ..) = self.tickets.remove(at);
            self.line.leave(&host, serial);
        }

        /// Those that began since it was last asked, by their serials.
        fn begun(&mut self) -> Vec<u64> {
            let tickets = self.tickets.iter_mut();
            tickets
                .filter_map(|(_, serial, begun)| begun.try_recv().ok().map(|()| *serial))
                .collect()
        }
    }

    #[test]
    fn hosts_take_turns() {
        let mut queue = Queue::new(2, 2);
        let of_a: Vec<u64> = (0..4).map(|_| queue.join("a")).collect();
        let of_b: Vec<u64> = (0..2).map(|_| queue.join("b")).collect();
        assert_eq!(queue.begun(), of_a[..2]);
        queue.leave(of_a[0]);
        queue.leave(of_a[1]);
        // One each, though two of `a` came first.
        assert_eq!(queue.begun(), [of_a[2], of_b[0]]);
        assert_eq!((queue.line.running(), queue.line.waiting()), (2, 2));
    }

    #[test]
    fn one_host_leaves_room_for_others() {
        let mut queue = Queue::new(4, 2);
        for _ in 0..5 {
            queue.join("a");
        }
        let of_b = queue.join("b");
        assert_eq!(queue.begun(), [1, 2, of_b]);
        queue.leave(2);
        assert_eq!(queue.begun(), [3]);
        queue.leave(of_b);
        assert_eq!(queue.begun(), [0; 0]);
    }

    #[test]
    fn whoever_leaves_waiting_was_never_there() {
        let mut queue = Queue::new(1, 1);
        let [first, second, third] = ["a", "b", "c"].map(|host| queue.join(host));
        queue.leave(second);
        assert_eq!(queue.begun(), [first]);
        queue.leave(first);
        assert_eq!(queue.begun(), [third]);
        queue.leave(third);
        assert_eq!((queue.line.running(), queue.line.waiting()), (0, 0));
        assert!(queue.line.hosts.is_empty() && queue.line.turns.is_empty());
    }

    /// Whatever comes and goes, nobody waits while there is room, and no limit is passed.
    #[test]
    fn at_random() {
        let mut state = 7_u64;
        let mut random = move |below: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
            (state >> 33) % below
        };
        let mut queue = Queue::new(5, 2);
        let mut running: Vec<u64> = Vec::new();
        for _ in 0..20_000 {
            if random(2) == 0 || queue.tickets.is_empty() {
                queue.join(["a", "b", "c", "d"][random(4) as usize]);
            } else {
                let any = random(queue.tickets.len() as u64) as usize;
                let serial = queue.tickets[any].1;
                running.retain(|running| *running != serial);
                queue.leave(serial);
            }
            running.append(&mut queue.begun());
            let of = |host: &str, queue: &Queue| {
                let tickets = queue.tickets.iter().filter(|ticket| &*ticket.0 == host);
                let all = tickets.clone().count();
                let run = tickets.filter(|ticket| running.contains(&ticket.1)).count();
                (run, all - run)
            };
            assert_eq!(queue.line.running(), running.len());
            assert!(running.len() <= 5);
            for host in ["a", "b", "c", "d"] {
                let (run, wait) = of(host, &queue);
                assert!(run <= 2);
                assert!(wait == 0 || run == 2 || running.len() == 5, "{host}");
            }
        }
    }
}
