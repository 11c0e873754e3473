//! The consultation rounds of a file: history, and drafts to go on with. What was asked and answered elsewhere is not in a file.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{Load, Result, Said, Section};
use crate::consultations::{Audience, ConsultationId, Scope, Status, Visibility, round_search_text};
use crate::load::file::{self, Consultation};
use crate::locale::Localised;
use crate::policy::GroupId;
use crate::schema::{consultation_questions, consultations as r, contributions, working_groups};
use crate::time::Instant;

#[derive(Clone, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = r, treat_none_as_null = true, treat_none_as_default_value = false)]
struct RoundRow {
    id: ConsultationId,
    slug: String,
    scope: Scope,
    group_id: Option<GroupId>,
    title: String,
    background: Option<String>,
    synthesis: Option<String>,
    audience: Audience,
    allowed_visibility: String,
    status: Status,
    opens_at: Instant,
    closes_at: Instant,
    opened_at: Option<Instant>,
    search_text: String,
    synthesis_version: i64,
    questions_version: i64,
    version: i64,
    created_at: Instant,
    updated_at: Instant,
}

fn json(text: Option<&Localised>) -> Option<String> {
    text.map(Localised::to_json)
}

impl Load<'_, '_> {
    pub(super) fn consultations(&mut self) -> Result<()> {
        let rows: Vec<RoundRow> = r::table.select(RoundRow::as_select()).load(&mut **self.tx)?;
        let mut rows: HashMap<String, RoundRow> = rows.into_iter().map(|row| (row.slug.clone(), row)).collect();
        let groups: HashMap<i64, GroupId> = working_groups::table
            .select((working_groups::number, working_groups::id))
            .load::<(i64, GroupId)>(&mut **self.tx)?
            .into_iter()
            .collect();
        for (at, round) in self.file.consultations.iter().enumerate() {
            let before = self.before.and_then(|file| file.consultations.iter().find(|before| before.slug == round.slug));
            let group = match round.scope {
                file::Scope::Call => None,
                file::Scope::Group(number) => groups.get(&number).copied(),
            };
            match rows.remove(&round.slug) {
                Some(row) => self.round(&format!("consultations[{at}]"), row, group, &Said { now: round, before })?,
                None => self.new_round(round, group)?,
            }
        }
        for gone in self.before.into_iter().flat_map(|file| &file.consultations) {
            if let Some(row) = rows.remove(&gone.slug) {
                self.drop_round(&row)?;
            }
        }
        Ok(())
    }

    /// Whether every round that the file names is there: a program that knew no rounds may have loaded it.
    pub(super) fn has_its_rounds(&mut self) -> Result<bool> {
        let slugs: Vec<String> = r::table.select(r::slug).load(&mut **self.tx)?;
        Ok(self.file.consultations.iter().all(|round| slugs.contains(&round.slug)))
    }

    fn new_round(&mut self, round: &Consultation, group: Option<GroupId>) -> Result<()> {
        let now = self.tx.now();
        let status = round.status.status();
        let row = RoundRow {
            id: self.tx.new_id(),
            slug: round.slug.clone(),
            scope: if group.is_some() { Scope::Group } else { Scope::Call },
            group_id: group,
            title: round.title.to_json(),
            background: json(round.background.as_ref()),
            synthesis: json(round.synthesis.as_ref()),
            audience: round.audience,
            allowed_visibility: serde_json::to_string(&[Visibility::Attributed])?,
            status,
            opens_at: round.opens_at,
            closes_at: round.closes_at,
            opened_at: (status == Status::Published).then_some(round.opens_at),
            search_text: round_search_text(&round.title, round.background.as_ref()),
            synthesis_version: 1,
            questions_version: 1,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        diesel::insert_into(r::table).values((&row, r::closes_set_at.eq(now))).execute(&mut **self.tx)?;
        self.report.made(Section::Consultations);
        Ok(())
    }

    fn round(&mut self, key: &str, is: RoundRow, group: Option<GroupId>, said: &Said<'_, Consultation>) -> Result<()> {
        let read = |json: &Option<String>| json.as_deref().map(Localised::from_json).transpose();
        let status = said.onto(is.status, |round| round.status.status());
        let is_asked = self.is_asked(is.id)?;
        if status != is.status && (is.status != Status::Draft || is_asked) {
            self.refuse(key, format!("has the status {status}, but the round is {} and goes on where it is", is.status));
        }
        let title = said.onto(Localised::from_json(&is.title)?, |round| round.title.clone());
        let background = said.onto_if_any(read(&is.background)?, |round| round.background.clone());
        let synthesis = said.onto_if_any(read(&is.synthesis)?, |round| round.synthesis.clone());
        let mut row = RoundRow {
            audience: said.onto(is.audience, |round| round.audience),
            opens_at: said.onto(is.opens_at, |round| round.opens_at),
            closes_at: said.onto(is.closes_at, |round| round.closes_at),
            ..is.clone()
        };
        let is_of = |scope: &file::Scope| *scope == said.now.scope;
        if said.before.is_none_or(|before| !is_of(&before.scope)) {
            row.group_id = group;
            row.scope = if group.is_some() { Scope::Group } else { Scope::Call };
        }
        let frozen = |row: &RoundRow| (row.audience, row.opens_at, row.closes_at, row.group_id);
        if frozen(&row) != frozen(&is) && is_asked {
            self.refuse(key, "has another scope, audience or other dates, but the round has questions or answers already".into());
        }
        row.status = status;
        row.opened_at = if status == Status::Published { is.opened_at.or(Some(row.opens_at)) } else { is.opened_at };
        row.search_text = round_search_text(&title, background.as_ref());
        (row.title, row.background, row.synthesis) = (title.to_json(), json(background.as_ref()), json(synthesis.as_ref()));
        let is_changed = row != is;
        if is_changed {
            row.synthesis_version += i64::from(row.synthesis != is.synthesis);
            row.version += 1;
            row.updated_at = self.tx.now();
            diesel::update(r::table.filter(r::id.eq(row.id))).set(&row).execute(&mut **self.tx)?;
            if row.closes_at != is.closes_at {
                let one = r::table.filter(r::id.eq(row.id));
                diesel::update(one).set(r::closes_set_at.eq(row.updated_at)).execute(&mut **self.tx)?;
            }
        }
        self.report.kept(Section::Consultations, is_changed);
        Ok(())
    }

    /// Whether anything was asked in a round, or answered.
    fn is_asked(&mut self, id: ConsultationId) -> Result<bool> {
        let questions = consultation_questions::table.filter(consultation_questions::consultation_id.eq(id));
        let answers = contributions::table.filter(contributions::consultation_id.eq(id));
        let questions: bool = diesel::select(diesel::dsl::exists(questions)).get_result(&mut **self.tx)?;
        Ok(questions || diesel::select(diesel::dsl::exists(answers)).get_result(&mut **self.tx)?)
    }

    /// A round that the file names no longer: gone, unless it has become one of the people's here.
    fn drop_round(&mut self, row: &RoundRow) -> Result<()> {
        let is_history = matches!(row.status, Status::Draft | Status::Published | Status::Cancelled);
        if !is_history || self.is_asked(row.id)? {
            let detail = format!("no longer have {:?}, which has questions or answers: keep it", row.slug);
            self.refuse(Section::Consultations.as_str(), detail);
            return Ok(());
        }
        diesel::delete(r::table.filter(r::id.eq(row.id))).execute(&mut **self.tx)?;
        self.report.removed(Section::Consultations);
        Ok(())
    }
}
