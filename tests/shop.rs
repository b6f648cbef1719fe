//! Releases of one object, each a program of its own: `PROGRAM DIRECTORY plan` has it plan work for a second
//! later and ends; `PROGRAM DIRECTORY run` ends when nothing is pending, and prints what was done and set aside;
//! `PROGRAM DIRECTORY serve NUMBER` places orders from this number on, and prints each when it is placed, until
//! it is killed.

/// The program of a release, which has these handlers beside those that each has.
#[macro_export]
macro_rules! shop {
    ($($handlers:tt)*) => {
        use lumenize::native::Host;
        use lumenize::prelude::*;

        struct Shop {
            svc: Services<Self>,
        }

        #[durable_object]
        impl Shop {
            fn new(mut svc: Services<Self>) -> Result<Self> {
                svc.execute("CREATE TABLE IF NOT EXISTS log (place INTEGER PRIMARY KEY, line TEXT)", ())?;
                Ok(Self { svc })
            }

            pub fn log(&self) -> Result<Vec<String>> {
                Ok(self.svc.query("SELECT line FROM log ORDER BY place", ())?)
            }

            #[handler(skip)]
            fn write(&mut self, line: String) -> Result<()> {
                self.svc.execute("INSERT INTO log (line) VALUES (?)", (line,))?;
                Ok(())
            }

            $($handlers)*
        }

        #[tokio::main(flavor = "current_thread")]
        async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
            let mut args = std::env::args().skip(1);
            let host = Host::open(args.next().ok_or("which directory?")?)?;
            let host = host.register::<Shop>().start()?;
            let shop = host.object::<Shop>("main");
            match args.next().as_deref() {
                Some("plan") => {
                    let due = DateTime::<Utc>::from(std::time::SystemTime::now()) + Duration::from_secs(1);
                    shop.run(Shop::c().plan(due)).await?;
                    host.shutdown()?;
                    return Ok(());
                }
                Some("serve") => {
                    let mut number: Number = args.next().ok_or("from which number on?")?.parse()?;
                    loop {
                        shop.run(Shop::c().place(number)).await?;
                        println!("{number}");
                        number += 1;
                    }
                }
                _ => {}
            }
            // Parked work is tried when its object is asked.
            shop.run(Shop::c().log()).await?;
            while !shop.pending().await?.is_empty() {
                std::thread::sleep(Duration::from_millis(5));
            }
            for line in shop.run(Shop::c().log()).await? {
                println!("{line}");
            }
            for work in shop.failed().await? {
                println!("{}", work.to_text());
            }
            host.shutdown()?;
            Ok(())
        }
    };
}
