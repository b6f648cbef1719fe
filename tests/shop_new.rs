//! The release after that of `shop_old.rs`: handlers have other names, and a customer has other fields.

/// Who ordered.
#[derive(serde::Serialize, serde::Deserialize)]
struct Customer {
    #[serde(default)]
    email: String,
    zip: u64,
    name: String,
}

/// Of an order.
type Number = u64;

lumenize_tests::shop! {
    pub fn plan(&mut self, due: DateTime<Utc>) -> Result<()> {
        self.svc.alarms.schedule(due, Self::c().notify("later"))?;
        self.svc.alarms.schedule(due, Self::c().price(3).then(|price| Self::c().receipt(price)))?;
        Ok(())
    }

    pub fn place(&mut self, number: Number) -> Result<()> {
        let soon = Duration::from_millis(50 + number % 100);
        self.svc.alarms.schedule(soon, Self::c().send(number))?;
        Ok(())
    }

    #[handler(was = "ship")]
    fn send(&mut self, number: Number) -> Result<()> {
        self.write(format!("new: {number}"))
    }

    fn price(&self, items: u32) -> u64 {
        u64::from(items) * 20
    }

    #[handler(was = "order")]
    fn sell(&mut self, customer: Customer, price: u64) -> Result<()> {
        let Customer { name, zip, email } = customer;
        self.write(format!("new: {name} ({zip}{email}) pays {price}"))
    }

    #[handler(was = "remind")]
    fn notify(&mut self, when: &str) -> Result<()> {
        self.write(format!("new: notify {when}"))
    }

    fn receipt(&mut self, price: u64) -> Result<()> {
        self.write(format!("new: receipt {price}"))
    }
}
