-- beside the version before
-- Consents as evidence: what happened, how, and by which words; each record bound to the one before it.

-- The end of a member's chain: how many records it has, and the last one's hash.
alter table member add column last_consent integer not null default 0;
alter table member add column consent_hash text;

-- What happened, for what, by which channel, and how it reached us; null in records of earlier versions.
alter table consent add column act text;
alter table consent add column purpose text;
alter table consent add column channel text;
alter table consent add column method text;
alter table consent add column actor text;
alter table consent add column recorded_by text;
alter table consent add column code text;
alter table consent add column text_version integer;
alter table consent add column text_hash text;
alter table consent add column evidence_digest text;

-- What somebody wrote beside it: plain. All that goes into the chain of it is a salted hash, so it can be taken away.
alter table consent add column reason text;
alter table consent add column reference text;
alter table consent add column salt text;
alter table consent add column remark_digest text;

-- Its place in the chain of its member; null until it has one. digest is of what it says, hash of that and of the hash
-- before it. emptied_at: all that it said is gone, and only its place is left.
alter table consent add column format integer;
alter table consent add column sequence integer;
alter table consent add column previous_hash text;
alter table consent add column digest text;
alter table consent add column hash text;
alter table consent add column emptied_at integer;
create unique index consent_by_sequence on consent (club, member, sequence) where sequence is not null;
create index consent_to_chain on consent (club, member) where sequence is null;

-- The words that customers were shown, as they were shown: each wording of each question in each language is a version of
-- its own and is never changed. Plain. Rows stay.
create table consent_text (
    club text not null references club (id),
    element text not null,
    language text not null,
    version integer not null,
    sha256 text not null,
    words text not null,
    source text not null check (source in ('platform', 'merchant')),
    first_seen_at integer not null,
    last_seen_at integer not null,
    primary key (club, element, language, version)
) strict, without rowid;
create unique index consent_text_by_hash on consent_text (club, element, language, sha256);

-- A record takes its place in the chain once; what somebody wrote beside it may go; it may be emptied whole. Nothing else.
create trigger consent_stands before update on consent
when not (
    new.position is old.position and new.club is old.club and new.id is old.id and new.member is old.member
    and (
        (
            old.hash is null
            or (
                new.format is old.format and new.sequence is old.sequence and new.previous_hash is old.previous_hash
                and new.digest is old.digest and new.hash is old.hash
            )
        )
        and (
            (
                new.element is old.element and new.wording is old.wording and new.granted is old.granted
                and new.given_at is old.given_at and new.seen_at is old.seen_at and new.language is old.language
                and new.enrolment is old.enrolment and new.station is old.station and new.act is old.act
                and new.purpose is old.purpose and new.channel is old.channel and new.method is old.method
                and new.actor is old.actor and new.recorded_by is old.recorded_by and new.code is old.code
                and new.text_version is old.text_version and new.text_hash is old.text_hash
                and new.evidence_digest is old.evidence_digest and new.remark_digest is old.remark_digest
                and new.emptied_at is old.emptied_at
                and (
                    (new.reason is old.reason and new.reference is old.reference and new.salt is old.salt)
                    or (new.reason is null and new.reference is null and new.salt is null)
                )
            )
            or (
                old.hash is not null and old.emptied_at is null and new.emptied_at is not null
                and new.element = '' and new.wording = ''
            )
        )
    )
)
begin select raise(abort, 'a consent record is never changed'); end;

create trigger consent_stays before delete on consent
when old.emptied_at is null
begin select raise(abort, 'a consent record is not deleted before it is emptied'); end;

create trigger consent_text_stands before update on consent_text
when not (
    new.club is old.club and new.element is old.element and new.language is old.language and new.version is old.version
    and new.sha256 is old.sha256 and new.words is old.words and new.source is old.source
    and new.first_seen_at is old.first_seen_at and new.last_seen_at >= old.last_seen_at
)
begin select raise(abort, 'words that were shown are never changed'); end;

create trigger consent_text_stays before delete on consent_text
when old.version > 0
begin select raise(abort, 'words that were shown are never deleted'); end;
