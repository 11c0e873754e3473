//! `/groups/{group}/meetings` and `/meetings`.

mod attendance;
mod writing;

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::Deserialize;

use super::rules::Status;
use super::store::{self, MeetingId, MeetingList};
use super::view::{self, MeetingView};
use crate::error::{ProblemKind, Result};
use crate::groups::{self, InGroup};
use crate::http::page::Paging;
use crate::http::{Object, Page, Request, Route, Tagged, get, route};
use crate::policy::Action;

const OF_GROUP: &str = "/groups/{group}/meetings";
const ONE: &str = "/meetings/{meeting}";
const ATTENDANCE: &str = "/meetings/{meeting}/attendance";

pub fn routes() -> Vec<Route> {
    use ProblemKind::{IllegalTransition, NotFound, RuleViolation, WrongState};
    let (read, run) = (Action::ReadPublic, Action::RunGroup);
    vec![
        get(OF_GROUP, read, "A group's meetings: the latest first; everybody sees title and time, members the rest", list)
            .answers(&[NotFound]),
        route(
            Method::POST,
            OF_GROUP,
            run,
            "Call a meeting and invite the group, with an entry for their calendars",
            writing::make,
        )
        .answers(&[WrongState, RuleViolation]),
        get(ONE, read, "One meeting", show).answers(&[NotFound]),
        route(Method::PATCH, ONE, run, "Change a meeting, its agenda or its minutes", writing::change).answers(&[
            WrongState,
            IllegalTransition,
            RuleViolation,
        ]),
        route(
            Method::POST,
            "/meetings/{meeting}/transitions",
            run,
            "Say that a meeting was held, or call it off",
            writing::transition,
        )
        .answers(&[WrongState, IllegalTransition, RuleViolation]),
        get(ATTENDANCE, Action::ReadGroup, "Who is invited to a meeting, and who comes", attendance::list).answers(&[NotFound]),
        route(
            Method::PUT,
            ATTENDANCE,
            run,
            "Write down who is invited, comes or was there: of the persons named; others stay",
            attendance::set,
        )
        .unversioned()
        .answers(&[WrongState, RuleViolation]),
        route(
            Method::PUT,
            "/meetings/{meeting}/attendance/me",
            Action::Attend,
            "Say whether one comes to a meeting",
            attendance::answer,
        )
        .unversioned()
        .answers(&[WrongState]),
    ]
}

/// A meeting.
#[derive(Deserialize, JsonSchema)]
struct InMeeting {
    /// Its id.
    meeting: MeetingId,
}

#[derive(Deserialize, JsonSchema)]
struct Query {
    #[serde(flatten)]
    page: Paging<MeetingList>,
    /// Meetings of this status.
    status: Option<Status>,
}

async fn list(request: Request<InGroup, Query>) -> Result<Page<Tagged<MeetingView>>> {
    request
        .read(|tx, input| {
            let group = groups::named(tx, &input.path.group, "/meetings")?.id;
            let Query { page, status } = &input.query;
            let plan = page.plan(&input.filters)?;
            let (rows, next) = store::page(tx, group, *status, &plan)?;
            let total = plan.total.then(|| store::count(tx, group, *status)).transpose()?;
            Ok(Page::new(view::meetings(tx, rows, group, &input.actor, &input.reader)?, next, total))
        })
        .await
}

async fn show(request: Request<InMeeting>) -> Result<Object<Tagged<MeetingView>>> {
    request
        .read(|tx, input| {
            let row = store::find(tx, input.path.meeting)?;
            Ok(Object::tagged(view::meeting(tx, row, &input.actor, &input.reader)?))
        })
        .await
}
