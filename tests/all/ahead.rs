//! What a wake has read of the queue before its turn comes is as the items before it left it: held
//! against a model that reads the queue each time.

use chrono::TimeDelta;
use lumenize::prelude::*;
use lumenize::testing::World;
use simulate::Random;
use std::cell::RefCell;
use std::collections::HashMap;

/// What an item does. Numbers are those of scripts, and `Cancel` means the latest item that runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Act {
    See,
    Get(u32),
    Cancel(u32),
    Add(u32, u64),
    Repeat(u32, u64),
    Name(u8, u32, u64),
    Unname(u8),
    Retry,
    Destroy,
    Fail,
}

thread_local! {
    /// By number.
    static SCRIPTS: RefCell<Vec<Vec<Act>>> = const { RefCell::new(Vec::new()) };
}

fn script(number: u32) -> Vec<Act> {
    SCRIPTS.with_borrow(|scripts| scripts[number as usize].clone())
}

/// How often a script is tried.
fn attempts(number: u32) -> u32 {
    1 + number % 2
}

const RETRY_MS: i64 = 5;

fn policy(number: u32) -> RetryPolicy {
    RetryPolicy::default()
        .attempts(attempts(number))
        .initial_delay(Duration::from_millis(RETRY_MS as u64))
        .jitter(false)
}

/// An object whose items run scripts and write down what they find.
pub struct Crowd {
    svc: Services<Self>,
}

#[durable_object]
impl Crowd {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    pub fn start(&mut self, delays: Vec<u64>) -> Result<()> {
        for (number, delay) in (0..).zip(delays) {
            self.act(Act::Add(number, delay))?;
        }
        Ok(())
    }

    pub fn log(&self) -> Result<Vec<String>> {
        Ok(self.svc.get("log")?.unwrap_or_default())
    }

    /// The scripts of what is pending, in order.
    pub fn pending(&self) -> Result<Vec<u32>> {
        let items = self.svc.alarms.list(ScheduleFilter::default())?.items;
        let number = |id| Ok(self.svc.get(&format!("number {id}"))?.unwrap_or_default());
        items.iter().map(|item| number(item.id)).collect()
    }

    fn run(&mut self, number: u32) -> Result<()> {
        self.say(format!("run({number})"))?;
        script(number).into_iter().try_for_each(|act| self.act(act))
    }
}

impl Crowd {
    fn say(&mut self, line: String) -> Result<()> {
        let mut log = self.log()?;
        log.push(line);
        Ok(self.svc.put("log", &log)?)
    }

    fn id_of(&self, number: u32) -> Result<Option<ScheduleId>> {
        Ok(self.svc.get(&format!("id {number}"))?)
    }

    fn added(&mut self, number: u32, id: ScheduleId) -> Result<()> {
        self.svc.put(&format!("id {number}"), &id)?;
        Ok(self.svc.put(&format!("number {id}"), &number)?)
    }

    fn act(&mut self, act: Act) -> Result<()> {
        let alarms = &mut self.svc.alarms;
        let ms = Duration::from_millis;
        let said = match act {
            Act::See => format!("{:?}", self.pending()?),
            Act::Get(number) => match self.id_of(number)? {
                Some(id) => self.svc.alarms.get(id)?.is_some().to_string(),
                None => "none".to_owned(),
            },
            Act::Cancel(number) => match self.id_of(number)? {
                Some(id) => self.svc.alarms.cancel(id)?.to_string(),
                None => "none".to_owned(),
            },
            Act::Add(number, delay) => {
                let run = Self::c().run(number);
                let id = alarms.retry(policy(number)).schedule(ms(delay), run)?.id;
                return self.added(number, id);
            }
            Act::Repeat(number, every) => {
                let id = alarms.schedule(Every(ms(every)), Self::c().run(number))?.id;
                return self.added(number, id);
            }
            Act::Name(name, number, delay) => {
                let named = alarms.named(name.to_string()).retry(policy(number));
                let id = named.schedule(ms(delay), Self::c().run(number))?.id;
                return self.added(number, id);
            }
            Act::Unname(name) => alarms.cancel_named(&name.to_string())?.to_string(),
            Act::Retry => self.svc.failed.retry_all()?.to_string(),
            Act::Destroy => return Ok(self.svc.destroy()?),
            Act::Fail => Err("it fails")?,
        };
        self.say(said)
    }
}

/// What is pending or has failed, in the model.
#[derive(Clone, Debug)]
struct Entry {
    id: u64,
    due: i64,
    number: u32,
    failures: u32,
    /// The name that it has, and the one that it was given.
    name: Option<u8>,
    given: Option<u8>,
    /// Its delay, as long as it was not retried.
    delay: Option<u64>,
    every: Option<u64>,
}

#[derive(Clone, Debug, Default)]
struct Model {
    now: i64,
    ids: u64,
    queue: Vec<Entry>,
    failed: Vec<Entry>,
    known: HashMap<u32, u64>,
    log: Vec<String>,
    destroys: bool,
}

impl Model {
    fn first(&self) -> Option<Entry> {
        self.queue
            .iter()
            .min_by_key(|item| (item.due, item.id))
            .cloned()
    }

    fn pending(&mut self) -> Vec<u32> {
        self.queue.sort_by_key(|item| (item.due, item.id));
        self.queue.iter().map(|item| item.number).collect()
    }

    /// Lets time pass, item by item.
    fn advance(&mut self, until: i64) {
        while let Some(item) = self.first().filter(|item| item.due <= until) {
            self.now = self.now.max(item.due);
            let before = self.clone();
            self.queue.retain(|other| other.id != item.id);
            if let Some(every) = item.every {
                let missed = (self.now - item.due) / every as i64;
                let due = item.due + (missed + 1) * every as i64;
                self.queue.push(Entry {
                    due,
                    ..item.clone()
                });
            }
            self.log.push(format!("run({})", item.number));
            let fails = script(item.number).into_iter().any(|act| self.act(act));
            if fails {
                *self = before;
                self.queue.retain(|other| other.id != item.id);
                let failures = item.failures + 1;
                if failures < attempts(item.number) {
                    let due = self.now + RETRY_MS;
                    self.queue.push(Entry {
                        failures,
                        due,
                        ..item
                    });
                } else {
                    self.failed.push(Entry {
                        failures: 0,
                        delay: None,
                        ..item
                    });
                }
            } else if self.destroys {
                *self = Self {
                    now: self.now,
                    ids: self.ids,
                    ..Self::default()
                };
            }
        }
        self.now = until;
    }

    /// Says whether it fails.
    fn act(&mut self, act: Act) -> bool {
        let said = match act {
            Act::See => format!("{:?}", self.pending()),
            Act::Get(number) => match self.known.get(&number) {
                Some(id) => self.queue.iter().any(|item| item.id == *id).to_string(),
                None => "none".to_owned(),
            },
            Act::Cancel(number) => match self.known.get(&number).copied() {
                Some(id) => self.remove(|item| item.id == id).to_string(),
                None => "none".to_owned(),
            },
            Act::Add(number, delay) => return self.add(None, number, delay, None),
            Act::Repeat(number, every) => return self.add(None, number, every, Some(every)),
            Act::Name(name, number, delay) => {
                let due = self.now + delay as i64;
                let Some(item) = self.queue.iter_mut().find(|item| item.name == Some(name)) else {
                    return self.add(Some(name), number, delay, None);
                };
                if (item.number, item.delay) != (number, Some(delay)) {
                    (item.number, item.delay, item.due) = (number, Some(delay), due);
                    item.failures = 0;
                }
                self.known.insert(number, item.id);
                return false;
            }
            Act::Unname(name) => self.remove(|item| item.name == Some(name)).to_string(),
            Act::Retry => {
                let mut failed = std::mem::take(&mut self.failed);
                failed.sort_by_key(|item| item.id);
                let count = failed.len();
                for item in failed {
                    let taken = self
                        .queue
                        .iter()
                        .any(|other| other.name == item.given && item.given.is_some());
                    let name = item.given.filter(|_| !taken);
                    let due = self.now;
                    self.queue.push(Entry { name, due, ..item });
                }
                count.to_string()
            }
            Act::Destroy => {
                self.destroys = true;
                return false;
            }
            Act::Fail => return true,
        };
        self.log.push(said);
        false
    }

    fn add(&mut self, name: Option<u8>, number: u32, delay: u64, every: Option<u64>) -> bool {
        self.ids += 1;
        self.known.insert(number, self.ids);
        self.queue.push(Entry {
            id: self.ids,
            due: self.now + delay as i64,
            number,
            failures: 0,
            name,
            given: name,
            delay: Some(delay),
            every,
        });
        false
    }

    fn remove(&mut self, which: impl Fn(&Entry) -> bool) -> bool {
        let before = self.queue.len();
        self.queue.retain(|item| !which(item));
        self.queue.len() < before
    }
}

/// So many items are there from the start; the scripts behind theirs are for what they add.
const FIRST: u32 = 30;
const SCRIPTED: u32 = 40;

/// What a script does: little, mostly. It adds only what has a greater number, so it comes to an end.
fn random_script(random: &mut Random, number: u32) -> Vec<Act> {
    let mut acts = Vec::new();
    for _ in 0..random.below(4) {
        let any = random.below(SCRIPTED.into()) as u32;
        let later = number + 1 + random.below((SCRIPTED - number).into()) as u32;
        let delay = [0, 0, 2, 40][random.below(4) as usize];
        let name = random.below(3) as u8;
        acts.push(match random.below(40) {
            0..4 => Act::See,
            4..8 => Act::Get(any),
            8..18 => Act::Cancel(any),
            18..24 => Act::Add(later, delay),
            24..26 => Act::Repeat(SCRIPTED, 7 + delay),
            26..31 => Act::Name(name, later, delay),
            31..33 => Act::Unname(name),
            33..35 => Act::Retry,
            35 if number % 10 == 9 => Act::Destroy,
            _ => Act::Fail,
        });
    }
    acts
}

#[test]
fn items_find_what_those_before_them_left_however_far_ahead_they_were_read() {
    let mut acts: HashMap<std::mem::Discriminant<Act>, u32> = HashMap::new();
    let mut most = 0;
    for seed in 0..150 {
        let mut random = Random::new(seed);
        let mut scripts: Vec<Vec<Act>> = (0..SCRIPTED)
            .map(|number| random_script(&mut random, number))
            .collect();
        // What recurs only looks.
        scripts.push(vec![Act::See]);
        for act in scripts.iter().flatten() {
            *acts.entry(std::mem::discriminant(act)).or_default() += 1;
        }
        SCRIPTS.set(scripts.clone());
        // They are due together or one after another.
        let spread = [1, 3, 60][random.below(3) as usize];
        let delays: Vec<u64> = (0..FIRST).map(|_| random.below(spread)).collect();

        let mut world = World::new(seed);
        world.spare_savepoints(seed % 2 == 1);
        let mut model = Model::default();
        for (number, delay) in (0..).zip(&delays) {
            model.act(Act::Add(number, *delay));
        }
        let mut crowd = world.object::<Crowd>("main");
        crowd.run(Crowd::c().start(delays)).unwrap();
        // All are overdue, and run in one wake.
        let late = TimeDelta::milliseconds(100);
        world.set_clock(world.now() + late);
        model.now = 100;
        world.advance(Duration::from_millis(100));
        model.advance(200);
        let log = world.object::<Crowd>("main").run(Crowd::c().log()).unwrap();
        assert_eq!(log, model.log, "seed {seed}: {scripts:?}");
        most = most.max(log.len());
        let pending = world.object::<Crowd>("main").run(Crowd::c().pending());
        assert_eq!(pending, Ok(model.pending()), "seed {seed}: {scripts:?}");
    }
    assert_eq!(acts.len(), 10, "each is tried");
    assert!(acts.values().all(|times| *times > 10), "{acts:?}");
    assert!(most > 100, "{most}");
}
