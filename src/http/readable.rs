//! Which addresses of the API can be read.

use actix_web::http::Method;

use super::Route;

/// What can be read: the templates of every GET, for whoever makes an address to one of them.
pub struct Readable(Vec<String>);

impl Readable {
    /// Of these routes.
    pub fn of(routes: &[Route]) -> Self {
        let gets = routes.iter().filter(|route| route.method == Method::GET);
        Self(gets.map(|route| format!("/api/v1{}", route.path)).collect())
    }

    /// Whether a path, without query, is one of them.
    pub fn has(&self, path: &str) -> bool {
        let fits = |(part, segment): (&str, &str)| part == segment || (part.starts_with('{') && !segment.is_empty());
        let same_length = |template: &&String| template.matches('/').count() == path.matches('/').count();
        self.0.iter().filter(same_length).any(|template| template.split('/').zip(path.split('/')).all(fits))
    }
}
