//! `/deliverables/{deliverable}/versions` and what lies below.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::path::{self, InDeliverable, sees_drafts};
use super::super::record;
use super::super::rules::Status;
use super::super::store::versions::VersionRow;
use super::super::store::{self as deliverables, Found};
use super::super::view::VersionView;
use super::store::{self, Content, Versions, Which};
use crate::address;
use crate::audit;
use crate::db::AnyConnection;
use crate::error::{Error, FieldFault, ProblemKind, Result};
use crate::files::Files;
use crate::groups::{self, GroupFacts};
use crate::http::page::Paging;
use crate::http::{
    About, Created, Input, Object, Page, Request, Route, StoredFile, Tagged, Uploaded, both, get, prose, prose_or_faults, route,
    upload,
};
use crate::policy::{Action, Actor};
use crate::time::Instant;

const ALL: &str = "/deliverables/{deliverable}/versions";
const ONE: &str = "/deliverables/{deliverable}/versions/{number}";
const CONTENT: &str = "/deliverables/{deliverable}/versions/{number}/content";
const WITHHOLD: &str = "/deliverables/{deliverable}/versions/{number}/withhold";

pub fn routes() -> Vec<Route> {
    use ProblemKind::{InvalidCursor, NotFound, PreconditionFailed, RangeNotSatisfiable, RuleViolation, WrongState};
    let read = Action::ReadPublic;
    vec![
        get(
            ALL,
            read,
            "A deliverable's versions: all to its group; to others the approved one, and what a round open to all is about",
            list,
        )
        .answers(&[InvalidCursor, NotFound]),
        upload(ALL, Action::WorkOnDeliverable, "Add a version: a file, or a link", add).answers(&[NotFound, WrongState]),
        get(ONE, read, "A version of a deliverable", show).answers(&[NotFound]),
        get(CONTENT, read, "A version's file", content).answers(&[NotFound, RangeNotSatisfiable]),
        route(Method::POST, WITHHOLD, Action::RunInitiative, "Withhold a version: its bytes go, the rest stays", withhold)
            .answers(&[NotFound, WrongState, RuleViolation, PreconditionFailed]),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct InVersion {
    /// The deliverable's reference, such as `WG5-D1`, or its id.
    #[schemars(length(max = 200))]
    deliverable: String,
    /// The version's number, from 1 on.
    number: i64,
}

/// Which versions of a deliverable a caller sees at an instant.
fn seen(actor: &Actor, found: &Found, now: Instant) -> Which {
    if sees_drafts(actor, found.row.group_id) { Which::All } else { Which::Public(found.row.approved_version, now) }
}

/// A version that the caller sees at an instant, and of what; 403 where the route's act is not its to do.
fn load<Q, B>(c: &mut AnyConnection, input: &Input<InVersion, Q, B>, now: Instant) -> Result<(Found, VersionRow)> {
    let found = deliverables::find(c, &input.path.deliverable)?;
    let which = seen(&input.actor, &found, now);
    let row = store::numbered(c, found.row.id, which, input.path.number)?;
    let row = row.ok_or_else(|| Error::not_found("version"))?;
    input.allow(&found.object())?;
    Ok((found, row))
}

/// 409 where a deliverable takes no version now: it is submitted or settled, or its group is an archive.
fn takes_versions(found: &Found, group: &GroupFacts) -> Result<()> {
    path::in_work(found, group)?;
    if found.row.status == Status::Submitted {
        let detail = format!("{} is submitted, and takes no version until it is returned.", found.row.reference);
        return Err(Error::wrong_state(detail));
    }
    Ok(())
}

#[derive(Deserialize, JsonSchema)]
struct Query {
    #[serde(flatten)]
    page: Paging<Versions>,
}

async fn list(request: Request<InDeliverable, Query>) -> Result<Page<Tagged<VersionView>>> {
    request
        .read(|tx, input| {
            let found = path::load(tx, input)?;
            let now = tx.now();
            let (plan, which) = (input.query.page.plan(&input.filters)?, seen(&input.actor, &found, now));
            let next_consulted = store::next_consulted(tx, found.row.id, now)?;
            let total = if plan.total { Some(store::count(tx, found.row.id, which)?) } else { None };
            let (rows, next) = plan.cut(store::page(tx, found.row.id, which, &plan)?);
            Ok(Page::new(rows.into_iter().map(VersionView::of).collect(), next, total).fresh_until(next_consulted))
        })
        .await
}

/// A version that lies elsewhere.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "VersionLink")]
struct Link {
    #[schemars(length(min = 1, max = 2000))]
    url: String,
    /// What is new.
    #[serde(default)]
    #[schemars(length(max = 20_000))]
    note: Option<String>,
}

async fn add(mut request: Request<InDeliverable, (), Option<Link>>) -> Result<Created<VersionView>> {
    let Some(upload) = request.take_upload() else { return create(request, None, Arc::default()).await };
    let files: Arc<Files> = request.part()?;
    // What may be a repeat is answered as the first time was, whatever the state is by now.
    let may_be_repeated = request.may_be_repeated();
    let (request, ()) = request
        .peek(move |tx, input| {
            let found = path::load(tx, input)?;
            let group = groups::named(tx, found.row.group_id.as_str(), "")?;
            if may_be_repeated { Ok(()) } else { takes_versions(&found, &group) }
        })
        .await?;
    let uploaded = upload.receive().await?;
    let stored_as = uploaded.file.stored_as.clone();
    let said = [&uploaded.file.sha256, uploaded.file.name.as_str(), uploaded.note.as_deref().unwrap_or_default()];
    let request = request.having_received(&said);
    let is_referred: Arc<AtomicBool> = Arc::default();
    let created = create(request, Some(uploaded), is_referred.clone()).await;
    // A repeat refers to the file that came first. After a fault of the server nobody knows what was committed: then the sweep decides.
    let is_orphan = match &created {
        Ok(_) => !is_referred.load(Ordering::Relaxed),
        Err(Error::Problem(_)) => true,
        Err(_) => false,
    };
    if is_orphan {
        let_go(&files, &stored_as).await;
    }
    created
}

/// Adds what was uploaded, else the link that the body holds. `is_referred`: whether the version refers to that very file.
async fn create(
    request: Request<InDeliverable, (), Option<Link>>,
    uploaded: Option<Uploaded>,
    is_referred: Arc<AtomicBool>,
) -> Result<Created<VersionView>> {
    let stored_as = uploaded.as_ref().map(|uploaded| uploaded.file.stored_as.clone());
    request
        .create(
            move |tx, input| {
                let link = input.body.as_ref().map(|Link { url, .. }| address::url(url)).transpose();
                let link = link.map_err(|why| vec![FieldFault::new("/url", "format", why.to_string())]);
                let note = match (&uploaded, &input.body) {
                    (Some(uploaded), _) => Ok(uploaded.note.clone()),
                    (None, body) => prose_or_faults("/note", body.as_ref().and_then(|link| link.note.as_deref())),
                };
                let (link, note) = both(link, note)?;
                let (_, group) = path::hold(tx, input)?;
                let found = deliverables::find(tx, &input.path.deliverable)?;
                let found = deliverables::hold(tx, found.row.id)?;
                takes_versions(&found, &group)?;
                let content = match (&uploaded, &link) {
                    (Some(uploaded), _) => Content::File(&uploaded.file),
                    (None, Some(url)) => Content::Link(url),
                    (None, None) => return Err(Error::Internal("a version of nothing".into())),
                };
                let by = input.actor.person.ok_or_else(|| Error::Internal("a version by nobody".into()))?;
                let id = store::insert(tx, found.row.id, &content, note.as_deref(), by)?;
                audit::record(tx, record::entry("deliverable_version.added", "deliverable_version", id, &found.row));
                Ok(id.to_string())
            },
            move |tx, input, id| {
                // A repeat too answers only who may do it now.
                let found = path::load(tx, input)?;
                let id = id.parse().map_err(|_| Error::not_found("version"))?;
                let row = store::find(tx, id)?.ok_or_else(|| Error::not_found("version"))?;
                is_referred.store(row.stored_as == stored_as, Ordering::Relaxed);
                let location = format!("/deliverables/{}/versions/{}", found.row.reference, row.number);
                Ok(Created { location, object: VersionView::of(row) })
            },
        )
        .await
}

async fn show(request: Request<InVersion>) -> Result<Object<Tagged<VersionView>>> {
    request
        .read(|tx, input| {
            let now = tx.now();
            let (_, row) = load(tx, input, now)?;
            Ok(Object::tagged(VersionView::of(row)))
        })
        .await
}

async fn content(request: Request<InVersion>) -> Result<StoredFile> {
    let files: Arc<Files> = request.part()?;
    let about = request
        .read(|tx, input| {
            let now = tx.now();
            let (_, row) = load(tx, input, now)?;
            // Withheld, or a link: there are no bytes.
            let file = (row.stored_as, row.file_name, row.media_type, row.size, row.sha256);
            let (Some(stored_as), Some(name), Some(media_type), Some(size), Some(sha256)) = file else {
                return Err(Error::not_found("file"));
            };
            let size = u64::try_from(size).unwrap_or_default();
            Ok(About::new(input, (stored_as, name), (media_type, size, sha256)))
        })
        .await?;
    StoredFile::open(&files, about).await
}

/// Why a version is withheld.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Withholding")]
struct Why {
    #[schemars(length(max = 20_000))]
    reason: String,
}

async fn withhold(request: Request<InVersion, (), Why>) -> Result<Object<Tagged<VersionView>>> {
    let files: Arc<Files> = request.part()?;
    let (view, stored_as) = request
        .write(|tx, input| {
            let reason = prose("/reason", Some(&input.body.reason))?;
            let now = tx.now();
            let (found, row) = load(tx, input, now)?;
            input.if_match.allow(row.version)?;
            if row.withheld_at.is_some() {
                return Err(Error::wrong_state(format!("Version {} is withheld already.", row.number)));
            }
            let reason =
                reason.ok_or_else(|| Error::reason_required("a version is withheld for everybody, and they will ask"))?;
            store::withhold(tx, &row, &reason)?;
            let entry = record::entry("deliverable_version.withheld", "deliverable_version", row.id, &found.row);
            audit::record(tx, entry.because(Some(&reason)));
            let gone = row.stored_as.clone();
            let row = store::find(tx, row.id)?.ok_or_else(|| Error::not_found("version"))?;
            Ok((Object::tagged(VersionView::of(row)), gone))
        })
        .await?;
    if let Some(stored_as) = stored_as {
        let_go(&files, &stored_as).await;
    }
    Ok(view)
}

/// Deletes a file that nobody refers to. What fails here the sweep does.
async fn let_go(files: &Files, stored_as: &str) {
    if let Err(error) = files.delete(stored_as).await {
        tracing::warn!(%error, stored_as, "a file could not be deleted; `plenary files sweep` removes it");
    }
}
