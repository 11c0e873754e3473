//! How other objects refer to a person.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::store;
use crate::db::AnyConnection;
use crate::error::Result;
use crate::policy::PersonId;

/// A person where something else refers to it. Who was erased is called a former participant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PersonRef {
    /// Its id.
    pub id: PersonId,
    /// What others see.
    pub display_name: String,
}

/// How to refer to these persons, in one query; ids that name none are left out.
pub fn refs(connection: &mut AnyConnection, ids: &[PersonId]) -> Result<HashMap<PersonId, PersonRef>> {
    let rows = store::names(connection, ids)?;
    Ok(rows.into_iter().map(|(id, display_name)| (id, PersonRef { id, display_name })).collect())
}

/// These persons with their addresses, for who may see contact data, in one query; ids that name none are left out.
pub fn contacts(connection: &mut AnyConnection, ids: &[PersonId]) -> Result<HashMap<PersonId, (PersonRef, Option<String>)>> {
    let rows = store::contacts(connection, ids)?;
    Ok(rows.into_iter().map(|(id, display_name, email)| (id, (PersonRef { id, display_name }, email))).collect())
}
