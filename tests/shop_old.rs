//! The release before that of `shop_new.rs`.

/// Who ordered.
#[derive(serde::Serialize, serde::Deserialize)]
struct Customer {
    name: String,
    zip: u32,
}

lumenize_tests::shop! {
    pub fn plan(&mut self, due: DateTime<Utc>) -> Result<()> {
        let customer = Customer { name: "Ada".to_owned(), zip: 10_115 };
        let steps = Self::c().price(2).then(|price| Self::c().order(customer, price));
        self.svc.alarms.schedule(due, steps)?;
        self.svc.alarms.schedule(due, Self::c().remind("soon"))?;
        Ok(())
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
