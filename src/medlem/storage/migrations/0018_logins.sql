-- beside the version before
-- What the platform's ID token said of the login by which somebody joined.

-- login: the claims that tell when and how, as JSON, once they have been verified; neither a token nor a name. Goes when
-- what proves the member's consents is emptied.
alter table enrolment add column login text;
