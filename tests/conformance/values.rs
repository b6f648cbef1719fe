//! What can be stored, and who may write.

use super::{Case, Failure, TestHost, Verdict, contains, same};
use crate::payloads::{Entry, LaterParcel, LaterWay, Parcel, Payloads, Way};
use lumenize::Json;
use std::collections::BTreeMap;

pub(super) async fn state_is_kept_by_its_type<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let entry = Entry {
        integers: vec![i64::MIN, -(1 << 53) - 1, 0, (1 << 53) + 1, i64::MAX],
        floats: vec![f64::MIN, -0.5, f64::INFINITY],
        text: "ä€🦀\0".to_owned(),
        bytes: vec![7; 1_000_000],
        map: BTreeMap::from([(u64::MAX, None), (1, Some('x'))]),
    };
    let object = case.object.clone();
    for key in ["", "key", "ä€🦀'\"--"] {
        let put = Payloads::c().put(key.to_owned(), entry.clone());
        case.host.run::<Payloads, ()>(&object, put).await?;
        let get = Payloads::c().get(key.to_owned());
        let found = case.host.run::<Payloads, _>(&object, get).await?;
        same(&found, &Some(entry.clone()))?;
    }
    for expected in [true, false] {
        let delete = Payloads::c().delete("key".to_owned());
        same(
            &case.host.run::<Payloads, bool>(&object, delete).await?,
            &expected,
        )?;
    }
    let get = Payloads::c().get("key".to_owned());
    same(&case.host.run::<Payloads, _>(&object, get).await?, &None)
}

/// By a release that knows another type, as after a redeploy, and back.
pub(super) async fn a_value_is_read_by_the_names_in_it<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let object = case.object.clone();
    let (from, to) = ("Kiel".to_owned(), "Oslo".to_owned());
    let parcel = Parcel {
        weight: 200,
        label: "books".to_owned(),
        way: vec![
            Way::Foot,
            Way::Ship {
                from: from.clone(),
                to: to.clone(),
            },
            Way::Lorry(7),
        ],
        tags: vec!["fragile".to_owned()],
    };
    let put = Payloads::c().put_parcel(parcel.clone());
    case.host.run::<Payloads, ()>(&object, put).await?;
    let later = Payloads::c().later_parcel();
    let found = case.host.run::<Payloads, _>(&object, later).await?;
    let expected = LaterParcel {
        way: vec![
            LaterWay::Foot,
            LaterWay::Ship { to, from, line: 0 },
            LaterWay::Lorry(7),
        ],
        title: "books".to_owned(),
        note: None,
        weight: 200,
    };
    same(&found, &Some(expected.clone()))?;
    let other = Payloads::c().other_parcel();
    let told: String = case.host.run::<Payloads, _>(&object, other).await?;
    contains(&told, "missing field `height`")?;
    // It is still what it was.
    let found = case
        .host
        .run::<Payloads, _>(&object, Payloads::c().parcel())
        .await?;
    same(&found, &Some(parcel))?;
    // The release before has no such names.
    let put = Payloads::c().put_later_parcel(expected);
    case.host.run::<Payloads, ()>(&object, put).await?;
    match case
        .host
        .run::<Payloads, _>(&object, Payloads::c().parcel())
        .await
    {
        Err(error) => contains(&error.to_string(), "missing field `label`"),
        Ok(found) => Err(Failure(format!("{found:?}"))),
    }
}

pub(super) async fn an_entry_over_the_limit_of_a_row_is_refused<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let object = case.object.clone();
    let told: String = case
        .host
        .run::<Payloads, _>(&object, Payloads::c().too_large())
        .await?;
    contains(&told, "the limit is 1999000")
}

pub(super) async fn what_cannot_be_read_back_is_refused_when_it_is_scheduled<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let object = case.object.clone();
    let refusals: Vec<String> = case
        .host
        .run::<Payloads, _>(&object, Payloads::c().schedule_bad())
        .await?;
    same(&refusals.len(), &5)?;
    for (refusal, handler) in refusals.iter().zip(["skips", "untagged", "flat", "value"]) {
        contains(refusal, &format!("`{handler}`"))?;
        contains(refusal, "Json<T>")?;
    }
    contains(&refusals[4], "the limit is 1048576")
}

pub(super) async fn json_describes_itself<H: TestHost>(case: &mut Case<'_, H>) -> Verdict {
    let object = case.object.clone();
    let schedule = Payloads::c().schedule_json();
    case.host.run::<Payloads, ()>(&object, schedule).await?;
    let expected = Some(Json(serde_json::json!({"a": [1, null]})));
    for _ in 0..1_000 {
        let found = case
            .host
            .run::<Payloads, _>(&object, Payloads::c().stored())
            .await?;
        if found.is_some() {
            return same(&found, &expected);
        }
        case.pass(10).await;
    }
    same(&None, &expected)
}

pub(super) async fn a_handler_that_reads_cannot_write<H: TestHost>(
    case: &mut Case<'_, H>,
) -> Verdict {
    let object = case.object.clone();
    for steps in [
        Payloads::c().sneak(),
        Payloads::c().write_then_sneak().sneak(),
    ] {
        let answers: Vec<String> = case.host.run::<Payloads, _>(&object, steps).await?;
        same(&answers.len(), &4)?;
        for answer in answers {
            contains(&answer, "take `&mut self`")?;
        }
    }
    let stored = case
        .host
        .run::<Payloads, _>(&object, Payloads::c().stored())
        .await?;
    same(&stored, &Some(Json(serde_json::json!(1))))
}
