//! What the slice keeps about a person.

use diesel::prelude::*;
use serde_json::{Map, Value, json};

use crate::db::AnyConnection;
use crate::error::Result;
use crate::policy::PersonId;
use crate::schema::{
    affiliation_requests as requests, affiliations, invitations, supporter_applications as applications, supporters,
    working_groups,
};
use crate::time::Instant;

/// Affiliations, requests, invitations to the address, applications with it as contact: each a list.
pub fn export(connection: &mut AnyConnection, person: PersonId, folded_email: Option<&str>) -> Result<Map<String, Value>> {
    let mut all = Map::new();
    let rows: Vec<(String, String, Instant, Option<Instant>)> = affiliations::table
        .inner_join(supporters::table)
        .filter(affiliations::person_id.eq(person))
        .order(affiliations::id)
        .select((supporters::name, affiliations::role, affiliations::since, affiliations::until))
        .load(connection)?;
    let rows = rows
        .into_iter()
        .map(|(name, role, since, until)| json!({"supporter": name, "role": role, "since": since, "until": until}));
    all.insert("affiliations".into(), rows.collect());

    type Asked = (String, Option<String>, String, Option<String>, Instant);
    let rows: Vec<Asked> = requests::table
        .inner_join(supporters::table)
        .filter(requests::person_id.eq(person))
        .order(requests::id)
        .select((supporters::name, requests::message, requests::status, requests::reason, requests::created_at))
        .load(connection)?;
    let rows = rows.into_iter().map(|(name, message, status, reason, at)| {
        json!({"supporter": name, "message": message, "status": status, "reason": reason, "created_at": at})
    });
    all.insert("affiliation_requests".into(), rows.collect());

    // Nothing has this one: what was forgotten has an empty address.
    let email = folded_email.unwrap_or("(none)");
    type Invited = (Option<String>, Option<String>, Option<String>, String, String, Instant);
    let rows: Vec<Invited> = invitations::table
        .left_join(supporters::table)
        .left_join(working_groups::table)
        .filter(invitations::folded_email.eq(email).or(invitations::accepted_by.eq(person)))
        .order(invitations::id)
        .select((
            supporters::name.nullable(),
            working_groups::slug.nullable(),
            invitations::body,
            invitations::role,
            invitations::status,
            invitations::created_at,
        ))
        .load(connection)?;
    let rows = rows.into_iter().map(|(name, group, body, role, status, at)| {
        json!({"supporter": name, "group": group, "body": body, "role": role, "status": status, "created_at": at})
    });
    all.insert("invitations".into(), rows.collect());

    type Contact = (String, Option<String>, Option<String>, Option<String>, String, Instant);
    let rows: Vec<Contact> = applications::table
        .filter(applications::contact_folded_email.eq(email))
        .order(applications::id)
        .select((
            applications::name,
            applications::contact_name,
            applications::contact_email,
            applications::contact_job_title,
            applications::status,
            applications::created_at,
        ))
        .load(connection)?;
    let rows = rows.into_iter().map(|(name, contact, email, job_title, status, at)| {
        json!({
            "organisation": name, "contact_name": contact, "contact_email": email, "contact_job_title": job_title,
            "status": status, "created_at": at,
        })
    });
    all.insert("applications".into(), rows.collect());
    Ok(all)
}
