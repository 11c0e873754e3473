//! `/me/export`: everything that is kept about a person (GDPR, articles 15 and 20), slice by slice.

use serde_json::{Map, Value};

use super::myself;
use crate::error::Result;
use crate::http::{Download, Request};
use crate::views::calendar;
use crate::{audit, consultations, deliverables, groups, meetings, notifications, outbox, people, supporters};

pub async fn export(request: Request) -> Result<Download> {
    request
        .read(|tx, input| {
            let person = myself(tx, input)?;
            let id = person.id;
            // What was sent to an address is for whoever reads its mail.
            let address = person.folded_email.as_deref().filter(|_| person.is_verified());
            let mut all = Map::new();
            all.insert("exported_at".into(), Value::from(tx.now().to_string()));
            all.insert("account".into(), people::export(tx, &person)?);
            all.extend(supporters::export(tx, id, address)?);
            all.insert("meetings".into(), meetings::export(tx, id)?);
            all.insert("calendar_feed".into(), calendar::export(tx, id)?);
            all.extend(deliverables::export(tx, id)?);
            all.extend(groups::export(tx, id)?);
            all.insert("contributions".into(), consultations::export(tx, id, address, &input.reader)?);
            all.insert("notifications".into(), notifications::export(tx, id)?);
            all.insert("mails".into(), outbox::export(tx, id)?);
            all.insert("record".into(), audit::export(tx, id)?);
            let json = serde_json::to_vec_pretty(&Value::Object(all))?;
            Ok(Download { file_name: "plenary-export.json", media_type: "application/json", bytes: json })
        })
        .await
}
