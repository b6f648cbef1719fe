//! Releases of one object, each a program of its own: `PROGRAM DIRECTORY plan` has it plan work for a second
//! later and ends; `PROGRAM DIRECTORY run` ends when nothing is pending, and prints what was done and set aside.

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
            fn new(svc: Services<Self>) -> Self {
                Self { svc }
            }

            pub fn log(&self) -> Result<Vec<String>> {
                Ok(self.svc.get("log")?.unwrap_or_default())
            }

            #[handler(skip)]
            fn write(&mut self, line: String) -> Result<()> {
                let mut log = self.log()?;
                log.push(line);
                Ok(self.svc.put("log", &log)?)
            }

            $($handlers)*
        }

        #[tokio::main(flavor = "current_thread")]
        async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
            let mut args = std::env::args().skip(1);
            let host = Host::open(args.next().ok_or("which directory?")?)?;
            let host = host.register::<Shop>().start()?;
            let shop = host.object::<Shop>("main");
            if args.next().as_deref() == Some("plan") {
                let due = DateTime::<Utc>::from(std::time::SystemTime::now()) + Duration::from_secs(1);
                shop.run(Shop::c().plan(due)).await?;
                host.shutdown()?;
                return Ok(());
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
