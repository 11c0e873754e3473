//! Rounds that many have answered: supporters and their contributions, past the server.

use diesel::prelude::*;
use plenary::consultations::{ConsultationId, ContributionMark};
use plenary::ids::Id;
use plenary::policy::{SupporterId, SupporterMark};
use plenary::schema::{
    consultation_audience as a, consultation_questions as q, contribution_revisions as v, contributions as n, supporters as s,
};
use serde_json::{Value, json};

use super::kit::Asked;
use crate::world::World;
use crate::world::cast::Cast;

/// So many supporters of one sector and region, of whom the first contribute.
pub struct Bodies {
    pub sector: &'static str,
    pub region: &'static str,
    pub invited: usize,
    /// Visibility of each contribution, and which option of the single choice it takes.
    pub said: &'static [(&'static str, usize)],
}

/// A contribution as it was planted.
#[derive(Clone, Debug)]
pub struct Planted {
    pub id: String,
    pub listing_id: String,
    pub supporter: SupporterId,
    pub name: String,
    pub visibility: &'static str,
    pub text: String,
}

/// The ids of a round's questions, in order.
pub fn questions(world: &World, round: &Asked) -> Vec<String> {
    world.read(|c| Ok(q::table.filter(q::consultation_id.eq(round.id)).order(q::position).select(q::id).load(c)?))
}

/// Lets only these be in the audience of an open round, and contribute.
pub fn answer(cast: &Cast, round: &Asked, bodies: &[Bodies]) -> Vec<Planted> {
    let questions = questions(cast, round);
    cast.write(|tx| {
        diesel::delete(a::table.filter(a::consultation_id.eq(round.id))).execute(&mut **tx)?;
        let (mut planted, mut made, now) = (Vec::new(), 0, tx.now());
        for some in bodies {
            for n in 0..some.invited {
                made += 1;
                let (id, name): (Id<SupporterMark>, _) = (tx.new_id(), format!("Unmistakable Body {made:03}"));
                diesel::insert_into(s::table)
                    .values((
                        (s::id.eq(id), s::slug.eq(format!("unmistakable-body-{made}")), s::name.eq(&name)),
                        (s::folded_name.eq(name.to_lowercase()), s::sector.eq(some.sector), s::region.eq(some.region)),
                        (s::status.eq("endorsed"), s::endorsed_key.eq(""), s::source.eq("test"), s::search_text.eq("")),
                        (s::version.eq(1_i64), s::created_at.eq(now), s::updated_at.eq(now)),
                    ))
                    .execute(&mut **tx)?;
                diesel::insert_into(a::table)
                    .values((
                        (a::consultation_id.eq(round.id), a::supporter_id.eq(id)),
                        (a::sector.eq(some.sector), a::region.eq(some.region)),
                    ))
                    .execute(&mut **tx)?;
                let Some((visibility, option)) = some.said.get(n) else { continue };
                let text = format!("planted-{visibility}-{made:03}");
                let answers = json!({
                    &questions[0]: {"text": text}, &questions[1]: {"choice": option}, &questions[2]: {"choices": [0, 2]},
                    &questions[3]: {"scale": 4}, &questions[4]: {"ranking": [2, 0]},
                });
                let (own, listed) = contribute(tx, round.id, Some(id), visibility, &answers)?;
                planted.push(Planted { id: own, listing_id: listed, supporter: id, name, visibility, text });
            }
        }
        Ok(planted)
    })
}

fn contribute(
    tx: &mut plenary::db::Write<'_>,
    round: ConsultationId,
    supporter: Option<SupporterId>,
    visibility: &str,
    answers: &Value,
) -> Result<(String, String), plenary::error::Error> {
    let (id, listed): (Id<ContributionMark>, Id<ContributionMark>) = (tx.new_id(), tx.unrelated_id());
    let (answers, at) = (answers.to_string(), crate::world::instant("2026-09-01T09:00:00.424242Z"));
    diesel::insert_into(n::table)
        .values((
            (n::id.eq(id), n::consultation_id.eq(round), n::owner.eq(format!("made:{id}")), n::supporter_id.eq(supporter)),
            (n::status.eq("submitted"), n::revision.eq(1_i64), n::answers.eq(&answers), n::visibility.eq(visibility)),
            (n::submitted_at.eq(at), n::listing_id.eq(listed), n::moderation_version.eq(1_i64), n::version.eq(1_i64)),
            (n::created_at.eq(at), n::updated_at.eq(at)),
        ))
        .execute(&mut **tx)?;
    diesel::insert_into(v::table)
        .values((
            (v::contribution_id.eq(id), v::number.eq(1_i64), v::answers.eq(&answers)),
            (v::visibility.eq(visibility), v::submitted_at.eq(at)),
        ))
        .execute(&mut **tx)?;
    Ok((id.to_string(), listed.to_string()))
}

/// So many contributions to a public round, which take the options of the single choice in turn.
pub fn public(world: &World, round: &Asked, many: usize) {
    let questions = questions(world, round);
    world.write(|tx| {
        for n in 0..many {
            let answers = json!({&questions[0]: {"text": "planted"}, &questions[1]: {"choice": n % 2}});
            contribute(tx, round.id, None, "attributed", &answers)?;
        }
        Ok(())
    });
}
