//! The release before that of `shop_new.rs`.

/// Who ordered.
#[derive(serde::Serialize, serde::Deserialize)]
struct Customer {
    name: String,
    zip: u32,
}

/// Of an order.
type Number = u32;

lumenize_tests::shop! {
    pub fn plan(&mut self, due: DateTime<Utc>) -> Result<()> {
        let customer = Customer { name: "Ada".to_owned(), zip: 10_115 };
        let steps = Self::c().price(2).then(|price| Self::c().order(customer, price));
        self.svc.alarms.schedule(due, steps)?;
        self.svc.alarms.schedule(due, Self::c().remind("soon"))?;
        Ok(())
    }

    pub fn place(&mut self, number: Number) -> Result<()> {
        let soon = Duration::from_millis((50 + number % 100).into());
        self.svc.alarms.schedule(soon, Self::c().ship(number))?;
        Ok(())
    }

    fn ship(&mut self, number: Number) -> Result<()> {
        self.write(format!("old: {number}"))
    }

    fn price(&self, items: u32) -> u32 {
        items * 10
    }

    fn order(&mut self, customer: Customer, price: u32) -> Result<()> {
        self.write(format!("old: {} ({}) pays {price}", customer.name, customer.zip))
    }

    fn remind(&mut self, when: &str) -> Result<()> {
        self.write(format!("old: remind {when}"))
    }
}
