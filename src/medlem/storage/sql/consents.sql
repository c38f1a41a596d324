-- Consent records, the chain of each member, and the words that were shown.

-- name: hold(club, member)^
-- Holds the member's row until the commit, so that nobody else gives a record the same place.
update member set last_consent = last_consent where club = :club and id = :member
returning last_consent, consent_hash;

-- name: advance(club, member, sequence, hash)!
update member set last_consent = :sequence, consent_hash = :hash where club = :club and id = :member;

-- name: unplaced(club, member)
select
    position, format, club, member, sequence, id, act, element, purpose, channel, granted, given_at, seen_at, method,
    actor, recorded_by, station, enrolment, code, wording, language, text_version, text_hash, evidence_digest,
    remark_digest
from consent
where club = :club and member = :member and sequence is null
order by position;

-- name: place(club, position, format, sequence, previous_hash, digest, hash)!
update consent
set format = :format, sequence = :sequence, previous_hash = :previous_hash, digest = :digest, hash = :hash
where club = :club and position = :position;

-- name: add(format, club, member, sequence, id, act, element, purpose, channel, granted, given_at, seen_at, method, actor, recorded_by, station, enrolment, code, wording, language, text_version, text_hash, evidence_digest, remark_digest, reason, reference, salt, previous_hash, digest, hash)!
insert into consent (
    format, club, member, sequence, id, act, element, purpose, channel, granted, given_at, seen_at, method, actor,
    recorded_by, station, enrolment, code, wording, language, text_version, text_hash, evidence_digest, remark_digest,
    reason, reference, salt, previous_hash, digest, hash
)
values (
    :format, :club, :member, :sequence, :id, :act, :element, :purpose, :channel, :granted, :given_at, :seen_at,
    :method, :actor, :recorded_by, :station, :enrolment, :code, :wording, :language, :text_version, :text_hash,
    :evidence_digest, :remark_digest, :reason, :reference, :salt, :previous_hash, :digest, :hash
);

-- name: of(club, member)
select
    format, club, member, sequence, id, act, element, purpose, channel, granted, given_at, seen_at, method, actor,
    recorded_by, station, enrolment, code, wording, language, text_version, text_hash, evidence_digest, remark_digest,
    reason, reference, salt, previous_hash, digest, hash, emptied_at
from consent
where club = :club and member = :member
order by position;

-- name: get(club, consent)^
select
    club, member, id, act, element, purpose, channel, granted, given_at, seen_at, method, actor, recorded_by, station,
    enrolment, code, wording, language, text_version, text_hash, evidence_digest, reason, reference
from consent
where club = :club and id = :consent;

-- name: end(club, member)^
select last_consent, consent_hash, erased_at from member where club = :club and id = :member;

-- name: ends(club, after, most)
select id, last_consent, consent_hash, erased_at from member where club = :club and id > :after order by id limit :most;

-- name: between(club, after, until)
-- All records of the members from after one id up to another.
select
    format, club, member, sequence, id, act, element, purpose, channel, granted, given_at, seen_at, method, actor,
    recorded_by, station, enrolment, code, wording, language, text_version, text_hash, evidence_digest, remark_digest,
    reason, reference, salt, previous_hash, digest, hash, emptied_at
from consent
where club = :club and member > :after and member <= :until
order by member, position;

-- name: members_between(club, since, until, after, most)
select distinct member from consent
where club = :club and member > :after and seen_at >= :since and seen_at < :until
order by member
limit :most;

-- name: without_place(most)
-- All clubs: one worker brings every club's older records into their chains.
select distinct club, member from consent where sequence is null limit :most;

-- name: text(club, element, language, hash)^
select version, last_seen_at from consent_text
where club = :club and element = :element and language = :language and sha256 = :hash;

-- name: version(club, element, language, version)^
select sha256 from consent_text
where club = :club and element = :element and language = :language and version = :version;

-- name: last_version(club, element, language)^
select coalesce(max(version), 0) as version from consent_text
where club = :club and element = :element and language = :language;

-- name: add_text(club, element, language, version, hash, words, source, now)!
insert into consent_text (
    club, element, language, version, sha256, words, source, first_seen_at, last_seen_at
)
values (:club, :element, :language, :version, :hash, :words, :source, :now, :now);

-- name: see_text(club, element, language, version, now)!
update consent_text set last_seen_at = :now
where club = :club and element = :element and language = :language and version = :version and last_seen_at < :now;

-- name: texts(club)
select club, element, language, version, sha256, words, source, first_seen_at, last_seen_at from consent_text
where club = :club
order by element, language, version;

-- name: evidence(club, member)
select enrolment, raw, kept_at
from evidence indexed by evidence_by_member
where club = :club and member = :member
union all
select enrolment, raw, kept_at from brought_evidence where club = :club and member = :member;

-- name: logins(club, member)
select id, login, changed_at
from enrolment indexed by enrolment_by_member
where club = :club and member = :member and login is not null;

-- name: withdrawals(club, member)
select heard_at from withdrawal where club = :club and member = :member order by heard_at;

-- name: take_remarks(club, member)!
update consent set reason = null, reference = null, salt = null
where club = :club and member = :member and salt is not null;

-- name: empty(club, member, now)!
update consent
set emptied_at = :now, element = '', wording = '', granted = 0, given_at = null, seen_at = 0, language = null,
    enrolment = null, station = null, act = null, purpose = null, channel = null, method = null, actor = null,
    recorded_by = null, code = null, text_version = null, text_hash = null, evidence_digest = null, reason = null,
    reference = null, salt = null, remark_digest = null
where club = :club and member = :member and emptied_at is null and hash is not null;
