//! The document of the API, whole: what the handlers say of themselves, what the protocols' routes
//! are, and that every route may answer with a problem.

use utoipa::OpenApi;
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, ParameterBuilder, ParameterIn, PathItem,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::{
    Content, ContentBuilder, ObjectBuilder, Ref, RefOr, Required, Response, ResponseBuilder,
    Schema, Type,
};

use crate::problem::Problem;

/// The document's head. What every route may answer stands in its components.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "Candor",
        description = "Customer analytics in which every use of a person's data passes one gate."
    ),
    components(schemas(Problem))
)]
pub(super) struct Document;

/// A route that the router knows and no handler describes, because its body is another's protocol.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub about: &'static str,
    /// The content type of what is sent; empty where nothing is.
    pub takes: &'static str,
    /// The content type of a success.
    pub gives: &'static str,
}

impl Route {
    /// A route to which JSON is sent.
    #[must_use]
    pub const fn post(path: &'static str, about: &'static str) -> Self {
        Self { method: "post", path, about, takes: JSON, gives: JSON }
    }

    /// A route from which something is taken.
    #[must_use]
    pub const fn get(path: &'static str, gives: &'static str, about: &'static str) -> Self {
        Self { method: "get", path, about, takes: "", gives }
    }
}

/// What our own answers are written in.
pub const JSON: &str = "application/json";
/// What problems are written in.
const PROBLEM: &str = "application/problem+json";

/// The document with these routes beside what it holds, and with problems where they may come.
pub(super) fn complete(document: &mut utoipa::openapi::OpenApi, routes: &[Route]) {
    for route in routes {
        let method = match route.method {
            "get" => HttpMethod::Get,
            _ => HttpMethod::Post,
        };
        document.paths.add_path_operation(route.path, vec![method], operation(route));
    }
    let schemas = document.components.iter_mut().flat_map(|held| held.schemas.values_mut());
    schemas.for_each(open_parts);
    let items = document.paths.paths.values_mut();
    for operation in items.flat_map(operations) {
        for answer in operation.responses.responses.values_mut() {
            if let RefOr::T(response) = answer {
                name_problem(response);
            }
        }
        let fault = ResponseBuilder::new()
            .description("What went wrong, with a stable code and how to put it right")
            .content(PROBLEM, ContentBuilder::new().schema(Some(problem())).build())
            // Clients of other protocols read a problem as plain JSON.
            .content(JSON, ContentBuilder::new().schema(Some(problem())).build())
            .build();
        let otherwise = "default".to_owned();
        operation.responses.responses.entry(otherwise).or_insert_with(|| RefOr::T(fault));
    }
}

/// A part of a whole has the fields of the other parts beside it: it cannot refuse them, though its
/// own body would.
fn open_parts(schema: &mut RefOr<Schema>) {
    let RefOr::T(Schema::AllOf(whole)) = schema else { return };
    for part in &mut whole.items {
        if let RefOr::T(Schema::Object(part)) = part {
            part.additional_properties = None;
        }
    }
}

fn problem() -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name("Problem"))
}

/// A problem is JSON with a name of its own.
fn name_problem(response: &mut Response) {
    let is_problem = |content: &RefOr<Content>| match content {
        RefOr::T(content) => content.schema == Some(problem()),
        RefOr::Ref(_) => false,
    };
    if response.content.get(JSON).is_some_and(is_problem)
        && let Some(content) = response.content.shift_remove(JSON)
    {
        response.content.insert(PROBLEM.to_owned(), content);
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, options, head, patch, trace, .. } = item;
    [get, put, post, delete, options, head, patch, trace].into_iter().flatten()
}

fn operation(route: &Route) -> Operation {
    let success = ResponseBuilder::new()
        .description("It was taken")
        .content(route.gives, ContentBuilder::new().build());
    let mut operation =
        OperationBuilder::new().summary(Some(route.about)).response("200", success.build());
    for name in route.path.split('{').skip(1).filter_map(|part| part.split('}').next()) {
        let text = Schema::Object(ObjectBuilder::new().schema_type(Type::String).build());
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(text));
        operation = operation.parameter(parameter.build());
    }
    if !route.takes.is_empty() {
        let object = Schema::Object(ObjectBuilder::new().schema_type(Type::Object).build());
        let content = ContentBuilder::new().schema(Some(object)).build();
        let body = RequestBodyBuilder::new().content(route.takes, content);
        operation = operation.request_body(Some(body.build()));
    }
    operation.build()
}
