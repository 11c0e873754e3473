//! The supporters that a file names.

use std::collections::{BTreeSet, HashMap, HashSet};

use diesel::prelude::*;

use super::{Community, Load, Result, Said, Section};
use crate::load::file::Supporter;
use crate::policy::SupporterId;
use crate::schema::supporter_principles;
use crate::supporters::{Entries, Entry, Particulars, SOURCE_CALL, Status};
use crate::text;

/// The entry that a supporter of a file is: one that a load made, by its slug; else any, by its name, then by a former name.
fn resolve(entries: &Entries, supporter: &Supporter, taken: &HashSet<SupporterId>) -> Option<Entry> {
    let is_free = |entry: &Entry| !taken.contains(&entry.id);
    let loaded = entries.with_slug(&supporter.slug).filter(|entry| entry.particulars.source == SOURCE_CALL && is_free(entry));
    loaded.or_else(|| entries.named(&supporter.folded).into_iter().find(is_free))
}

impl Load<'_, '_> {
    pub(super) fn supporters(&mut self) -> Result<Community> {
        let mut entries = Entries::read(self.tx)?;
        let mut community = (HashMap::new(), HashMap::new());
        let mut before = HashMap::new();
        for supporter in self.before.into_iter().flat_map(|file| &file.supporters) {
            if let Some(entry) = resolve(&entries, supporter, &HashSet::new()) {
                community.1.insert(supporter.slug.clone(), entry.id);
                before.insert(entry.id, supporter);
            }
        }
        let mut found = Vec::new();
        let mut taken = HashSet::new();
        for supporter in &self.file.supporters {
            let entry = resolve(&entries, supporter, &taken);
            taken.extend(entry.as_ref().map(|entry| entry.id));
            found.push((supporter, entry));
        }
        self.refuse_left_out(&entries, &taken);
        for (supporter, entry) in found {
            let id = match entry {
                Some(entry) => {
                    let said = Said { now: supporter, before: before.get(&entry.id).copied() };
                    let is_changed = self.supporter(&mut entries, &entry, &said)?;
                    self.report.kept(Section::Supporters, is_changed);
                    entry.id
                }
                None => {
                    let id = self.new_supporter(&mut entries, supporter)?;
                    self.report.made(Section::Supporters);
                    id
                }
            };
            community.0.insert(supporter.slug.clone(), id);
        }
        Ok(Community { entries, now: community.0, before: community.1 })
    }

    fn refuse_left_out(&mut self, entries: &Entries, taken: &HashSet<SupporterId>) {
        let is_ended = |entry: &Entry| matches!(entry.status, Status::Withdrawn | Status::Declined);
        let is_loaded = |entry: &Entry| entry.particulars.source == SOURCE_CALL;
        let mut left_out: Vec<_> =
            entries.all().filter(|entry| is_loaded(entry) && !is_ended(entry) && !taken.contains(&entry.id)).collect();
        left_out.sort_by(|a, b| a.particulars.slug.cmp(&b.particulars.slug));
        for Particulars { name, slug, .. } in left_out.into_iter().map(|entry| entry.particulars) {
            self.refuse(
                Section::Supporters.as_str(),
                format!(
                    "no longer have {name:?}, which an earlier load has put into the register: keep it, and withdraw it in the \
                     register instead; if it was renamed, say so with slug = {slug:?}"
                ),
            );
        }
    }

    fn supporter(&mut self, entries: &mut Entries, entry: &Entry, said: &Said<'_, Supporter>) -> Result<bool> {
        let is = entry.particulars.clone();
        if said.before.is_none() && entry.status != Status::Endorsed {
            let (name, status) = (&is.name, entry.status);
            self.refuse(
                Section::Supporters.as_str(),
                format!("have {name:?}, whose status in the register is {status}: endorse it there first, or leave it out"),
            );
        }
        // Where the file names an entry for the first time, that keeps its address.
        let slug = if said.before.is_none() { is.slug.clone() } else { said.onto(is.slug.clone(), |s| s.slug.clone()) };
        if let Some(other) = entries.with_slug(&slug).filter(|other| other.id != entry.id) {
            self.refuse_slug(&said.now.name, &slug, &other);
            return Ok(false);
        }
        let to = Particulars {
            slug,
            name: said.onto(is.name, |s| s.name.clone()),
            sector: said.onto_if_any(is.sector, |s| s.sector.clone()),
            kind: said.onto_if_any(is.kind, |s| s.kind.clone()),
            country: said.onto_if_any(is.country, |s| s.country.clone()),
            website: said.onto_if_any(is.website, |s| s.website.clone()),
            statement: said.onto_if_any(is.statement, |s| s.statement.clone()),
            endorsed_on: said.onto_if_any(is.endorsed_on, |s| s.endorsed_on),
            source: SOURCE_CALL.to_owned(),
        };
        let is_changed = entries.update(self.tx, entry.id, to)?;
        let is_committed = self.commitments(entry.id, said)?;
        if is_committed && !is_changed {
            entries.touch(self.tx, entry.id)?;
        }
        Ok(is_changed || is_committed)
    }

    fn new_supporter(&mut self, entries: &mut Entries, supporter: &Supporter) -> Result<SupporterId> {
        let Supporter { name, slug, sector, kind, country, website, statement, endorsed_on, .. } = supporter.clone();
        let is_own = text::slug(&name).as_ref() != Some(&slug);
        let slug = match entries.with_slug(&slug) {
            // Made from the name, it gives way as that of an imported entry would.
            Some(_) if !is_own => entries.free_slug(&name),
            Some(other) => {
                self.refuse_slug(&name, &slug, &other);
                return Ok(other.id);
            }
            None => slug,
        };
        let source = SOURCE_CALL.to_owned();
        let particulars = Particulars { slug, name, sector, kind, country, website, statement, endorsed_on, source };
        let id = entries.insert(self.tx, particulars)?;
        self.commitments(id, &Said { now: supporter, before: None })?;
        Ok(id)
    }

    fn refuse_slug(&mut self, name: &str, slug: &str, other: &Entry) {
        let other = &other.particulars.name;
        self.refuse(
            Section::Supporters.as_str(),
            format!("give {name:?} the slug {slug:?}, which {other:?} has in the register: choose another"),
        );
    }

    /// The principles that a supporter commits to. Whether they changed.
    fn commitments(&mut self, id: SupporterId, said: &Said<'_, Supporter>) -> Result<bool> {
        use supporter_principles as p;
        let numbers = |supporter: &Supporter| supporter.principles.iter().copied().collect::<BTreeSet<i64>>();
        let (now, before) = (numbers(said.now), said.before.map(numbers).unwrap_or_default());
        if now == before {
            return Ok(false);
        }
        let stored: Vec<i64> = p::table.filter(p::supporter_id.eq(id)).select(p::principle).load(&mut **self.tx)?;
        let gone: Vec<i64> = before.difference(&now).copied().filter(|number| stored.contains(number)).collect();
        let come: Vec<i64> = now.difference(&before).copied().filter(|number| !stored.contains(number)).collect();
        for number in &gone {
            diesel::delete(p::table.filter(p::supporter_id.eq(id)).filter(p::principle.eq(number))).execute(&mut **self.tx)?;
        }
        for number in &come {
            diesel::insert_into(p::table).values((p::supporter_id.eq(id), p::principle.eq(number))).execute(&mut **self.tx)?;
        }
        Ok(!gone.is_empty() || !come.is_empty())
    }
}
